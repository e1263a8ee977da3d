"use strict";
const all = (query, root = document) => [...root.querySelectorAll(query)];

// Sounds: each stands once in the page, as base64, and goes into a player when its sample is opened.
const ends = new Map();
function load(player) {
  const data = document.getElementById(player.dataset.sound);
  if (!player.src && data) player.src = "data:audio/ogg;base64," + data.textContent.trim();
}
function play(player, start, end) {
  load(player);
  const go = () => {
    player.currentTime = start;
    ends.set(player, end);
    player.play();
  };
  if (player.readyState) go();
  else player.addEventListener("loadedmetadata", go, { once: true });
}
function follow(player) {
  const head = document.getElementById(player.dataset.head);
  const end = ends.get(player);
  if (head) {
    const x = Math.min(1000, (1000 * player.currentTime) / Number(head.dataset.seconds));
    head.setAttribute("x1", x);
    head.setAttribute("x2", x);
  }
  if (end !== undefined && player.currentTime >= end) player.pause();
  if (!player.paused) requestAnimationFrame(() => follow(player));
}
for (const player of all("audio")) {
  player.addEventListener("play", () => {
    all("audio").forEach((other) => other !== player && other.pause());
    follow(player);
  });
  player.addEventListener("pause", () => ends.delete(player));
}
for (const sample of all("details.sample")) {
  sample.addEventListener("toggle", () => all("audio", sample).forEach((player) => (sample.open ? load(player) : player.pause())));
}
document.addEventListener("click", (event) => {
  const span = event.target.closest("[data-start]");
  if (span) play(document.getElementById(span.dataset.player), Number(span.dataset.start), Number(span.dataset.end));
});

// Filters: a sample is shown if every field that is set fits.
const form = document.getElementById("filters");
const told = document.getElementById("shown");
const texts = new WeakMap();
function text(sample) {
  if (!texts.has(sample)) texts.set(sample, sample.textContent.toLowerCase());
  return texts.get(sample);
}
function filter() {
  const fields = all("select", form).filter((field) => field.value);
  const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const samples = all("details.sample");
  for (const sample of samples) {
    const fits = fields.every((field) => sample.dataset[field.name] === field.value);
    sample.hidden = !(fits && words.every((word) => text(sample).includes(word)));
  }
  told.textContent = `${samples.filter((sample) => !sample.hidden).length} of ${samples.length}`;
}
form.addEventListener("input", filter);
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.closest("input, select")) {
    event.preventDefault();
    form.elements.text.focus();
  }
});
filter();
