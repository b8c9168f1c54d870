"use strict";
// The dashboard: a list of nodes, and the chosen one's widgets. Everything comes from /api/v1.

const $ = (id) => document.getElementById(id);
const nodes = new Map();
let chosen = "";

async function api(path, options = {}) {
  const answer = await fetch(`/api/v1${path}`, {headers: {"Content-Type": "application/json"}, ...options});
  const body = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(body.error.message), {hint: body.error.hint});
  return body;
}

async function send(uid, command) {
  const body = JSON.stringify({commands: [command]});
  const answer = await api(`/devices/${encodeURIComponent(uid)}/commands`, {method: "POST", body});
  return answer.replies[0].lines;
}

function drawNodes() {
  const sorted = [...nodes.values()].sort((a, b) => a.fuid.localeCompare(b.fuid));
  $("nodes").replaceChildren(...sorted.map((node) => {
    const button = el("button", {}, el("span", {className: `dot ${node.status}`, title: node.status}),
      el("span", {className: "who"}, el("span", {textContent: node.fuid}),
        el("span", {className: "soft", textContent: `${node.ip}${node.version ? ` · ${node.version}` : ""}`})));
    button.setAttribute("aria-current", String(node.uid === chosen));
    button.dataset.uid = node.uid;
    button.addEventListener("click", () => choose(node.uid));
    return el("li", {}, button);
  }));
  const online = sorted.filter((node) => node.status === "ONLINE").length;
  $("count").textContent = `${sorted.length} ${sorted.length === 1 ? "node" : "nodes"}, ${online} online`;
  drawHead();
}

function drawHead() {
  const node = nodes.get(chosen);
  $("node").hidden = !node;
  if (!node) {
    $("hint").textContent = nodes.size ? "No node is chosen." : "No node is known yet. Search for nodes, or start a virtual one: devToolKit.py --simulate";
    return;
  }
  $("dot").className = `dot ${node.status}`;
  $("name").textContent = node.fuid;
  const seen = node.last_seen ? `last seen ${new Date(node.last_seen * 1000).toLocaleString()}` : "never seen";
  const latency = node.latency_s ? ` · ${(node.latency_s * 1000).toPrecision(2)} ms` : "";
  const state = node.status === "ONLINE" ? `${node.version || ""}${latency}` : `${node.status.toLowerCase()}, ${seen}`;
  $("facts").textContent = `${node.uid} · ${node.ip}:${node.port} · ${state}`;
}

async function choose(uid) {
  chosen = uid;
  history.replaceState(null, "", `#${uid}`);
  $("answer").hidden = $("address").hidden = true;
  $("widgets").replaceChildren();
  $("hint").hidden = false;
  $("hint").className = "card soft";
  $("hint").textContent = "Asking what it offers …";
  drawNodes();
  let widgets = [];
  try {
    widgets = await api(`/devices/${encodeURIComponent(uid)}/widgets`);
  } catch (error) {
    if (uid === chosen) {
      $("hint").className = "card bad";
      $("hint").textContent = error.message;
    }
    return;
  }
  if (uid === chosen) drawWidgets(uid, widgets);
}

function drawWidgets(uid, widgets) {
  const modules = new Map();
  for (const widget of widgets) modules.set(widget.module, [...(modules.get(widget.module) || []), widget]);
  $("widgets").replaceChildren(...[...modules].map(([module, list]) =>
    el("section", {className: "card"}, el("h3", {textContent: module}),
      ...list.map((widget) => drawWidget(widget, (command) => send(uid, command))).filter(Boolean))));
  $("hint").hidden = modules.size > 0;
  $("hint").textContent = "No loaded module has widgets. Load one with a command, for example: rgb load_n_init";
}

async function load() {
  for (const node of await api("/devices")) nodes.set(node.uid, node);
  drawNodes();
}

$("command").addEventListener("submit", async (event) => {
  event.preventDefault();
  const node = nodes.get(chosen), command = $("text").value.trim();
  if (!node || !command) return;
  const began = performance.now();
  let text = "", bad = false;
  try {
    text = (await send(chosen, command)).join("\n");
  } catch (error) {
    [text, bad] = [[error.message, error.hint].filter(Boolean).join("\n"), true];
  }
  $("answer").textContent = text || "(no text)";
  $("answer").className = bad ? "bad" : "";
  $("address").textContent = `${location.origin}/sendcmd/${encodeURIComponent(node.fuid)}/${command.split(/\s+/).map(encodeURIComponent).join("+")} · ${(performance.now() - began).toFixed(0)} ms`;
  $("answer").hidden = $("address").hidden = false;
  if (!bad && /load|help/.test(command)) drawWidgets(chosen, await api(`/devices/${encodeURIComponent(chosen)}/widgets`));
});

$("search").addEventListener("click", async () => {
  $("search").disabled = true;
  $("search").textContent = "Searching …";
  try {
    let job = await api("/search", {method: "POST"});
    while (job.state === "running") {
      await new Promise((done) => setTimeout(done, 300));
      job = await api(`/jobs/${job.id}`);
    }
    await load();
  } finally {
    $("search").disabled = false;
    $("search").textContent = "Search for nodes";
  }
});

const live = new EventSource("/api/v1/events");
live.addEventListener("node", (event) => {
  const {uid, fuid, ip, status} = JSON.parse(event.data);
  const known = nodes.get(uid);
  if (known) nodes.set(uid, {...known, fuid, ip, status});
  else load();
  drawNodes();
});
live.addEventListener("open", () => load());

load().then(() => {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = nodes.has(wanted) ? wanted : nodes.size === 1 ? [...nodes.keys()][0] : "";
  if (first) choose(first);
});
