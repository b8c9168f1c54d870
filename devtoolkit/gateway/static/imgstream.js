"use strict";
// One picture a second of each camera; the next one only when the last has come.

const wait = (ms) => new Promise((done) => setTimeout(done, ms));

async function show(name) {
  const image = Object.assign(document.createElement("img"), {className: "cam", alt: name});
  const text = Object.assign(document.createElement("p"), {className: "soft", textContent: name});
  const card = Object.assign(document.createElement("section"), {className: "card"});
  card.append(image, text);
  document.getElementById("cameras").append(card);
  for (let number = 0; ; number++) {
    if (!document.hidden) {
      await new Promise((done) => {
        image.onload = () => { text.textContent = name; text.className = "soft"; done(); };
        image.onerror = () => { text.textContent = `${name}: no picture`; text.className = "bad"; done(); };
        image.src = `/image/${encodeURIComponent(name)}?${number}`;
      });
    }
    await wait(1000);
  }
}

fetch("/image").then((answer) => answer.json()).then((names) => {
  document.getElementById("hint").hidden = names.length > 0;
  document.getElementById("hint").textContent = "No node that is there now has a camera module loaded (OV2640).";
  names.forEach(show);
});
