"""
The language of `crontasks`. Imported while tasks are read, then dropped.

    task{;task}      task = when!module function parameters
    task{;;task}     a task may hold several commands, separated by ;
    when             WD:H:M:S, WD 0 = Monday, or sunrise, sunset, sunset-30 (minutes)
    a field          *, a number, a range a-b that may wrap (22-6), or several of these with commas
"""

_FIELDS = (("weekday", 6), ("hour", 23), ("minute", 59), ("second", 59))
_OFFSET_DIGITS = 4

# How a task behaves when the clock leaps: see Scheduler.
SAMPLED, HOURLY, DAILY = 0, 1, 2


def deserialize_raw_input(text):
    """(when, commands) of each task; without `!` the second is None."""
    if text == "n/a":
        return
    from Literal import split_outside

    parts = split_outside(text, ";")
    if "" in parts[1:-1]:  # `;;` stands somewhere
        parts = _joined(parts)
    for part in parts:
        if part.strip():
            when, mark, commands = part.partition("!")
            yield when.strip(), commands.strip() if mark else None


def _joined(parts):
    """Parts between `;` as parts between `;;`."""
    whole = [""]
    for part in parts:
        if part:
            whole[-1] += ";" + part if whole[-1] else part
        else:
            whole.append("")
    return whole


def commands_of(text):
    """The commands of a task, one text each. Raises ValueError."""
    if text is None:
        raise ValueError("no ! between time and command")
    from Literal import split_outside

    commands = [command.strip() for command in split_outside(text, ";") if command.strip()]
    for command in commands:
        words = command.split(None, 2)
        if len(words) < 2 or not all(c.isalpha() or c.isdigit() or c == "_" for c in words[0]):
            raise ValueError("%s is no command" % command)
    if not commands:
        raise ValueError("no command")
    return commands


def time_of(when):
    """
    ("sunset", minutes), or (kind, weekdays, hours, minutes, seconds) with bytes of the allowed values, None for any.
    Raises ValueError.
    """
    if when.startswith("sun"):
        return _sun(when)
    fields = when.split(":")
    if len(fields) != len(_FIELDS):
        raise ValueError("neither WD:H:M:S nor sunrise or sunset with minutes")
    days, hours, minutes, seconds = [_values(text, *limits) for text, limits in zip(fields, _FIELDS)]
    kind = SAMPLED if "*" in fields[3] or "-" in fields[3] else HOURLY if hours is None else DAILY
    return kind, days, hours, minutes, seconds


def _sun(when):
    tag, sign, digits = when, "", "0"
    for c in "+-":
        if c in when:
            tag, sign, digits = when.partition(c)
            break
    if tag not in ("sunrise", "sunset") or not digits.isdigit() or len(digits) > _OFFSET_DIGITS:
        raise ValueError("neither sunrise nor sunset with + or - minutes")
    return tag, int(sign + digits)


def _values(field, name, limit):
    """The values of one field."""
    allowed = set()
    for part in field.split(","):
        part = part.strip()
        if part == "*":
            part = "0-%d" % limit
        ends = part.split("-")
        if len(ends) > 2 or not all(end.isdigit() and int(end) <= limit for end in ends):
            raise ValueError("%s is no %s (0 to %d)" % (part, name, limit))
        low, high = int(ends[0]), int(ends[-1])
        allowed.update(range(low, high + 1) if low <= high else range(low, limit + 1))
        if low > high:
            allowed.update(range(high + 1))
    return bytes(sorted(allowed)) if len(allowed) <= limit else None
