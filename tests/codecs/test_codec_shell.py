"""The node's byte stream, with the texts of the shell protocol's reference."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devtoolkit.codecs.shell import (
    End,
    GreetingParser,
    Hello,
    Reply,
    ReplyParser,
    parse_dump,
    parse_hello,
    preview,
    split_commands,
)
from devtoolkit.errors import CodecError

PROMPT = "node01 $ "


def parsed(data: bytes, prompt: str = PROMPT, **options: bool) -> tuple[End, Reply]:
    parser = ReplyParser(prompt, **options)
    parser.feed(data)
    return parser.end, parser.reply()


def greeted(data: bytes) -> GreetingParser:
    parser = GreetingParser()
    parser.feed(data)
    return parser


@pytest.mark.parametrize(
    ("data", "name", "pre_prompt"),
    [
        (b"node01 $ ", "node01", ""),
        (b"[configure] node01 $ ", "node01", "[configure] "),
        (b"[password] slim-01 $ ", "slim-01", "[password] "),
        (b"[password] [configure] n $ ", "n", "[password] [configure] "),
        ("lámpa $ ".encode(), "lámpa", ""),
        (b"~~~ foreign line\nnode01 $ ", "node01", ""),
        (b"node01 $ a line for everybody\n", "node01", ""),
    ],
)
def test_the_first_packet_gives_name_and_mode(data: bytes, name: str, pre_prompt: str) -> None:
    greeting = greeted(data).greeting
    assert greeting is not None
    assert (greeting.name, greeting.prompt, greeting.pre_prompt) == (name, f"{name} $ ", pre_prompt)
    assert greeting.locked == ("password" in pre_prompt)


@pytest.mark.parametrize("data", [b"", b"node01", b"node01 $", b"SSH-2.0-OpenSSH_9.6\r\n", b"two words $ ", b" $ "])
def test_what_is_no_prompt_is_not_taken_for_one(data: bytes) -> None:
    assert greeted(data).greeting is None


def test_a_prompt_in_pieces_is_complete_with_its_last_byte() -> None:
    parser = GreetingParser()
    seen = []
    for byte in b"[password] node01 $ ":
        parser.feed(bytes([byte]))
        seen.append(parser.greeting is not None)
    assert seen == [False] * 19 + [True]


def test_the_busy_text_is_recognised_and_is_no_prompt() -> None:
    parser = greeted(b"Connection is busy. Bye!Bye!\n\n")
    assert parser.busy
    assert parser.greeting is None
    assert not greeted(b"busy $ ").busy


def test_a_long_first_packet_is_refused() -> None:
    with pytest.raises(CodecError):
        greeted(b"x" * 1025)


def test_a_reply_ends_only_when_the_data_ends_with_the_prompt() -> None:
    assert parsed(b"a\nb\n")[0] is End.NO
    assert parsed(b"a\nb\nnode01 $")[0] is End.NO
    assert parsed(b"a\nb\nnode01 $ ") == (End.SURE, Reply(("a", "b")))


def test_the_prompts_text_inside_a_reply_is_only_text() -> None:
    assert parsed(b"type it after node01 $ ")[0] is End.NO
    assert parsed(b"type it after node01 $ \nmore\nnode01 $ ") == (
        End.SURE,
        Reply(("type it after node01 $ ", "more")),
    )


def test_another_nodes_longer_name_is_not_this_prompt() -> None:
    assert parsed(b"x\nmy-node01 $ ")[0] is not End.SURE


@pytest.mark.parametrize("mark", ["[configure] ", "[password] ", "[password] [configure] "])
def test_marks_before_the_prompt_are_its_mode_and_no_line(mark: str) -> None:
    end, reply = parsed(f"Saved\n{mark}{PROMPT}".encode())
    assert end is End.SURE
    assert reply == Reply(("Saved",), pre_prompt=mark)


def test_an_empty_line_is_a_line() -> None:
    assert parsed(b"\nnode01 $ ")[1].lines == ("",)
    assert parsed(b"a\n\nb\nnode01 $ ")[1].lines == ("a", "", "b")


def test_an_empty_reply_is_doubtful_unless_the_command_gives_none() -> None:
    assert parsed(b"node01 $ ")[0] is End.LIKELY
    assert parsed(b"[configure] node01 $ ", empty_expected=True)[0] is End.SURE
    assert parsed(b"node01 $ ")[1].lines == ()


def test_the_late_line_after_the_prompt_of_an_internal_error_is_tolerated() -> None:
    error = b"[ERROR] shell.lm_exec internal error: x\n"
    assert parsed(error + b"node01 $ ")[0] is End.LIKELY
    end, reply = parsed(error + b"node01 $ [HA] Shells cleanup: 41200\n")
    assert end is End.SURE
    assert reply.lines == ("[ERROR] shell.lm_exec internal error: x",)
    assert parsed(error + b"node01 $ [HA] Shells")[0] is End.NO


def test_what_is_late_from_the_reply_before_is_dropped() -> None:
    hello = b"hello:node01:micr01OS\nnode01 $ "
    for late in (b"node01 $ ", b"[HA] Shells cleanup: 1\n", b"node01 $ [HA] Shells cleanup: 1\n"):
        assert parsed(late + hello) == (End.SURE, Reply(("hello:node01:micr01OS",)))


def test_a_line_equal_to_the_prompt_comes_without_line_end_and_is_kept() -> None:
    end, reply = parsed(b"first\nnode01 $ node01 $ ")
    assert end is End.SURE
    assert reply.lines == ("first", "node01 $ ")


def test_a_wrong_password_is_recognised_with_all_that_follows_it() -> None:
    end, reply = parsed(b"AuthFailed\nBye!\n[password] node01 $ [HA] Shells cleanup: 41200\n")
    assert end is End.SURE
    assert reply.auth_failed
    assert not reply.auth_ok
    assert parsed(b"AuthOk\nnode01 $ ")[1].auth_ok


@pytest.mark.parametrize("bye", [b"Bye!\n", b"Bye!\n\n", b" Bye!\n", b"Bye!\r\n"])
def test_a_farewell_is_a_likely_end_without_prompt(bye: bytes) -> None:
    for data in (bye, b" Restart node then start webrepl...\n" + bye):
        end, reply = parsed(data)
        assert end is End.LIKELY
        assert reply.farewell
    assert parsed(b"say Bye!\n")[0] is End.NO
    assert parsed(b"x" * 200 + b"  Bye!\n")[0] is End.NO


def test_an_eviction_after_the_prompt_is_a_farewell_and_no_line() -> None:
    end, reply = parsed(b"ok\nnode01 $ Bye!\n\n")
    assert end is End.LIKELY
    assert reply == Reply(("ok",), farewell=True)


def test_streamed_lines_are_kept_apart() -> None:
    end, reply = parsed(b"~~~ measuring\nok\n~~~ foreign\nnode01 $ ")
    assert end is End.SURE
    assert reply == Reply(("ok",), streamed=("measuring", "foreign"))
    assert parsed(b"ok\nnode01 $ ~~~ late\n")[0] is End.SURE


def test_unmarked_lines_after_the_prompt_are_a_doubtful_end() -> None:
    end, reply = parsed(b"ok\nnode01 $ line of another session\n")
    assert end is End.MAYBE
    assert reply.lines == ("ok", "line of another session")


def test_the_prompt_of_a_new_name_is_a_doubtful_end() -> None:
    end, reply = parsed(b"Saved\n[configure] lamp $ ")
    assert end is End.MAYBE
    assert reply.lines == ("Saved",)


def test_a_reply_above_the_limit_is_refused() -> None:
    parser = ReplyParser(PROMPT, limit=1000)
    for _ in range(10):
        parser.feed(b"junk" * 25)
    with pytest.raises(CodecError, match="1000"):
        parser.feed(b"j")


pieces = st.sampled_from(
    [
        "node01 $ ",
        "[configure] ",
        "[password] ",
        "\n",
        "Bye!\n",
        "[HA] Shells cleanup: 1\n",
        "~~~ s\n",
        "ok\n",
        "né😀",
        " ",
    ]
)


@given(text=st.lists(pieces, max_size=12).map("".join), cuts=st.lists(st.integers(0, 120), max_size=12))
def test_any_chunking_gives_the_same_reply(text: str, cuts: list[int]) -> None:
    data = text.encode()
    whole = parsed(data)
    parser = ReplyParser(PROMPT)
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(places):
        parser.feed(data[start:end])
    assert (parser.end, parser.reply()) == whole


@given(text=st.lists(pieces, max_size=6).map("".join), cuts=st.lists(st.integers(0, 60), max_size=6))
def test_any_chunking_gives_the_same_greeting(text: str, cuts: list[int]) -> None:
    data = text.encode()
    whole, parser = greeted(data), GreetingParser()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(places):
        parser.feed(data[start:end])
    assert (parser.busy, parser.greeting) == (whole.busy, whole.greeting)


# Printable lines that are no marks of the protocol come back exactly as the node sent them.
lines = st.lists(
    st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="\x85\u2028\u2029"), max_size=40).filter(
        lambda line: not line.startswith(("~~~ ", "node01 $ ", "[")) and line.strip() != "Bye!"
    ),
    min_size=1,
    max_size=8,
)


@given(lines)
def test_lines_come_back_as_they_were_sent(sent: list[str]) -> None:
    end, reply = parsed("".join(f"{line}\n" for line in sent).encode() + PROMPT.encode())
    assert end in (End.SURE, End.LIKELY)
    assert reply.lines == tuple(sent)


@given(lines, st.integers(1, 8))
def test_a_reply_never_ends_before_its_last_byte(sent: list[str], size: int) -> None:
    data = "".join(f"{line}x\n" for line in sent).encode() + PROMPT.encode()
    parser = ReplyParser(PROMPT)
    for start in range(0, len(data) - 1, size):
        parser.feed(data[start : min(start + size, len(data) - 1)])
        assert parser.end is not End.SURE
    parser.feed(data[-1:])
    assert parser.end is End.SURE


@given(st.binary(max_size=400))
def test_random_bytes_never_raise(data: bytes) -> None:
    parsed(data)
    assert greeted(data).busy in (True, False)


def test_hello_has_three_or_four_fields() -> None:
    assert parse_hello(("hello:lamp:micr240ac4f679e8OS",)) == Hello("lamp", "micr240ac4f679e8OS")
    assert parse_hello(("x", " hello:lamp:micr24OS:rel ")) == Hello("lamp", "micr24OS", "rel")


@pytest.mark.parametrize("lines", [(), ("hello",), ("hello:lamp",), ("hello::",), ("HTTP/1.1 400 hello:a",)])
def test_what_is_no_answer_to_hello_is_refused(lines: tuple[str, ...]) -> None:
    with pytest.raises(CodecError):
        parse_hello(lines)


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("conf <a> dump", ("conf", "dump")),
        ("conf<a>dump", ("conf", "dump")),
        (" <a> hello <a> <a> ", ("hello",)),
        ("", ()),
        ('oled text "a <a> b" <a> hello', ('oled text "a <a> b"', "hello")),
        ("notify don't <a> say it's", ("notify don't", "say it's")),
        ("m f key='<a>' <a> x", ("m f key='<a>'", "x")),
        ('say "open <a> x', ('say "open', "x")),
        (r'm f "q\" <a>" <a> y', (r'm f "q\" <a>"', "y")),
    ],
)
def test_commands_are_separated_outside_quotes(text: str, commands: tuple[str, ...]) -> None:
    assert split_commands(text) == commands


def test_dump_is_read_as_the_reference_lays_it_out() -> None:
    lines = (
        "  version   :        1.54.1-0",
        "  irq_prell_ms:        300",
        "  crontasks :        *:8:0:0!rgb toggle;sunset!rgb toggle",
        "  staessid  :        ",
        "no key here",
    )
    assert parse_dump(lines) == {
        "version": "1.54.1-0",
        "irq_prell_ms": "300",
        "crontasks": "*:8:0:0!rgb toggle;sunset!rgb toggle",
        "staessid": "",
    }


def test_a_preview_is_short_and_printable() -> None:
    assert preview(b"HTTP/1.1\r\n\x00\xff" + b"x" * 100, 12) == "HTTP/1.1···\ufffd..."
