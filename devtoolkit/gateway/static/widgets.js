"use strict";
// Draws one widget. `send(command)` gives a promise of the answer's lines; values go through it at most one at a time.

const el = (tag, props = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
};

// The newest value wins: while one is on its way, only the last of those that came meanwhile is sent after it.
function newest(send) {
  let busy = false, next = null;
  return async (command) => {
    next = command;
    if (busy) return;
    busy = true;
    try {
      while (next !== null) {
        const now = next;
        next = null;
        await send(now);
      }
    } finally {
      busy = false;
    }
  };
}

const numbers = (lines) => {
  try {
    const value = JSON.parse(lines.join("\n"));
    const items = value && typeof value === "object" ? Object.entries(value) : [["", value]];
    return items.filter(([, item]) => item !== "" && Number.isFinite(Number(item))).map(([key, item]) => [key, Number(item)]);
  } catch {
    return [];
  }
};

const shown = (lines) => {
  try {
    const value = JSON.parse(lines.join("\n"));
    return value && typeof value === "object" ? Object.entries(value).map(([key, item]) => `${key}: ${item}`).join(", ") : String(value);
  } catch {
    return lines.join(" ");
  }
};

const hex = (value, most) => Math.round((value / most) * 255).toString(16).padStart(2, "0");

function drawWidget(widget, send) {
  const out = el("output");
  const label = widget.function.replaceAll("_", " ");
  const head = el("div", {className: "name"}, el("span", {textContent: label}), out);
  const box = el("div", {className: "w"}, head);
  const tell = async (command) => {
    try {
      const lines = await send(command);
      out.textContent = shown(lines).slice(0, 90);
      out.className = "";
      return lines;
    } catch (error) {
      out.textContent = error.message.replace(/^.*?Core error: \S+ /, "");
      out.className = "bad";
      return [];
    }
  };
  const [low = 0, high = 100, step = 1] = widget.range;
  const kinds = {
    slider() {
      const input = el("input", {type: "range", min: low, max: high, step, ariaLabel: label});
      const go = newest(tell);
      input.addEventListener("input", () => go(widget.call.replace(":range:", input.value)));
      box.append(input);
    },
    button() {
      const row = el("div", {className: "row"});
      for (const option of widget.options.length ? widget.options : [""]) {
        const button = el("button", {textContent: option || "Run", ariaLabel: `${label} ${option}`.trim()});
        button.addEventListener("click", () => tell(widget.call.replace(":options:", option)));
        row.append(button);
      }
      box.className = "w line";
      head.after(row);
    },
    color() {
      const input = el("input", {type: "color", value: `#${hex(high / 2, high).repeat(3)}`, ariaLabel: label});
      const go = newest(tell);
      input.addEventListener("input", () => {
        const parts = [1, 3, 5].map((at) => Math.round((parseInt(input.value.slice(at, at + 2), 16) / 255) * high));
        let call = widget.call;
        for (const part of parts) call = call.replace(":range:", part);
        go(call);
      });
      box.append(input);
    },
    textbox() {
      every(box, widget.refresh_ms || 10000, () => tell(`${widget.call} >json`));
    },
    graph() {
      const picture = graph(widget.limit || 30);
      box.append(picture.svg);
      every(box, widget.refresh_ms || 3000, async () => picture.add(numbers(await tell(`${widget.call} >json`))));
    },
  };
  kinds.status = kinds.textbox;
  // Two values (joystick) and several ranges: one slider each, sent together.
  const several = () => {
    const inputs = [...widget.call.matchAll(/(\w+)=:range:/g)].map(([, name]) =>
      el("input", {type: "range", min: low, max: high, step, ariaLabel: name, title: name}));
    const go = newest(tell);
    const all = () => {
      let call = widget.call;
      for (const input of inputs) call = call.replace(":range:", input.value);
      go(call);
    };
    for (const input of inputs) input.addEventListener("input", all);
    box.append(...inputs);
  };
  if (widget.type === "embed") return null;
  const ranges = widget.call.split(":range:").length - 1;
  if (widget.type === "color" && ranges === 3) kinds.color();
  else if (ranges > 1 || ["joystick", "white", "color"].includes(widget.type)) several();
  else (kinds[widget.type] || kinds.button)();
  return box;
}

// Asks as long as the widget is on the page and the page is looked at.
function every(box, ms, ask) {
  const round = async () => {
    if (!box.isConnected) return;
    if (!document.hidden) await ask();
    setTimeout(round, ms);
  };
  setTimeout(round, 0);
}

function graph(limit) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "graph");
  svg.setAttribute("viewBox", "0 0 100 40");
  svg.setAttribute("preserveAspectRatio", "none");
  const lines = new Map();
  const add = (pairs) => {
    for (const [key, value] of pairs) {
      if (!lines.has(key)) {
        const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
        svg.append(path);
        lines.set(key, {path, values: []});
      }
      const {path, values} = lines.get(key);
      values.push(value);
      values.splice(0, values.length - limit);
      const least = Math.min(...values), span = Math.max(...values) - least || 1;
      const points = values.map((one, at) => `${(at / Math.max(1, limit - 1)) * 100} ${36 - ((one - least) / span) * 32}`);
      path.setAttribute("d", `M${points.join("L")}`);
    }
  };
  return {svg, add};
}
