"use strict";
// The routes as /openapi.json has them; what needs no body can be tried.

const make = (tag, props = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), props);
  made.append(...children);
  return made;
};

function tryOut(path, parameters) {
  const inputs = parameters.map(({name, in: place}) =>
    [place, name, make("input", {type: "text", placeholder: name, ariaLabel: name})]);
  const answer = make("pre", {hidden: true});
  const form = make("form", {className: "row"}, ...inputs.map(([, , input]) => input), make("button", {textContent: "Try"}));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    let url = path;
    const query = new URLSearchParams();
    for (const [place, name, {value}] of inputs) {
      if (place === "path") url = url.replace(`{${name}}`, encodeURIComponent(value));
      else if (value) query.set(name, value);
    }
    const reply = await fetch(query.size ? `${url}?${query}` : url);
    const kind = reply.headers.get("content-type") || "";
    answer.textContent = `${reply.status} ${kind}\n\n${kind.startsWith("image/") ? "(a picture)" : await reply.text()}`;
    answer.hidden = false;
  });
  return [form, answer];
}

function route(path, method, operation) {
  const codes = Object.keys(operation.responses).join(", ");
  const body = operation.requestBody && Object.values(operation.requestBody.content)[0].schema.$ref.split("/").pop();
  const box = make("div", {className: "w"},
    make("div", {className: "row"}, make("span", {className: "method", textContent: method.toUpperCase()}), make("code", {textContent: path})),
    make("div", {textContent: operation.description || operation.summary || ""}),
    make("div", {className: "soft", textContent: (body ? `Body: ${body} (JSON). ` : "") + codes}));
  if (method === "get" && !/sendcmd|webhooks/.test(path)) box.append(...tryOut(path, operation.parameters || []));
  return box;
}

fetch("/openapi.json").then((answer) => answer.json()).then((spec) => {
  const groups = new Map();
  for (const [path, methods] of Object.entries(spec.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const tag = (operation.tags || ["other"])[0];
      groups.set(tag, [...(groups.get(tag) || []), route(path, method, operation)]);
    }
  }
  document.getElementById("routes").append(...[...groups].map(([tag, list]) =>
    make("section", {className: "card", style: "margin-bottom:16px"}, make("h2", {textContent: tag}), ...list)));
});
