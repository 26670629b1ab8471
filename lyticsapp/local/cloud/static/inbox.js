"use strict";

const list = document.getElementById("messages");
const search = document.getElementById("search");
const form = document.getElementById("behaviour");
const says = document.getElementById("behaviour-says");
const KEEP = 500;
let last = 0;

function summaryOf(message) {
  const data = message.json && message.json.data;
  if (!data || !Array.isArray(data.segment_events)) return message.method;
  const who = data.user_id || data.email || data._uid || "a user";
  const moves = data.segment_events.map((move) => `${move.event} ${move.slug}`);
  return `${who}: ${moves.join(", ")}`;
}

function show(message) {
  const item = document.getElementById("message").content.cloneNode(true).firstElementChild;
  const time = item.querySelector("time");
  time.dateTime = message.received_at;
  time.textContent = new Date(message.received_at).toLocaleTimeString();
  item.querySelector(".what").textContent = summaryOf(message);
  item.querySelector(".path").textContent = message.path;
  const badge = item.querySelector(".badge");
  badge.textContent = `answered ${message.answered}`;
  badge.classList.toggle("bad", message.answered >= 300);
  item.querySelector(".body").textContent =
    message.json === null ? message.text : JSON.stringify(message.json, null, 2);
  const rows = item.querySelector("tbody");
  for (const [name, value] of Object.entries(message.headers)) {
    const row = rows.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = name;
    row.append(head);
    row.insertCell().textContent = value;
  }
  item.searchable = `${message.path} ${message.text} ${JSON.stringify(message.headers)}`.toLowerCase();
  list.prepend(item);
}

function refresh() {
  const wanted = search.value.trim().toLowerCase();
  let shown = 0;
  for (const item of list.children) {
    item.hidden = !item.searchable.includes(wanted);
    if (!item.hidden) shown += 1;
  }
  const total = list.children.length;
  document.getElementById("empty").hidden = total > 0;
  document.getElementById("count").textContent =
    wanted ? `${shown} of ${total} messages` : `${total} ${total === 1 ? "message" : "messages"}`;
}

async function follow() {
  try {
    const answer = await fetch(`/messages?since=${last}&wait=20`);
    const { messages } = await answer.json();
    messages.slice(-KEEP).forEach(show);
    if (messages.length) last = messages[messages.length - 1].id;
    while (list.children.length > KEEP) list.lastElementChild.remove();
    refresh();
    setTimeout(follow, 200);
  } catch {
    setTimeout(follow, 2000);
  }
}

function describe(behaviour) {
  form.elements.status.value = behaviour.status;
  form.elements.delay.value = behaviour.delay;
  form.elements.rate.value = Math.round(behaviour.rate * 1000) / 10;
  const share = Math.round(behaviour.rate * 1000) / 10;
  const wait = behaviour.delay > 0 ? ` after ${behaviour.delay} s` : "";
  says.textContent = behaviour.status === 200 && !wait
    ? "Every request is answered 200."
    : `${share} % of requests are answered ${behaviour.status}${wait}.`;
}

async function behave(behaviour) {
  const answer = await fetch("/behaviour", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(behaviour),
  });
  const said = await answer.json();
  if (!answer.ok) {
    says.textContent = said.message;
    return;
  }
  describe(said);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  behave({
    status: form.elements.status.value,
    delay: form.elements.delay.value,
    rate: form.elements.rate.value / 100,
  });
});
document.getElementById("behave-well").addEventListener("click", () => behave({}));
document.getElementById("clear").addEventListener("click", async () => {
  await fetch("/messages", { method: "DELETE" });
  list.replaceChildren();
  refresh();
});
search.addEventListener("input", refresh);
fetch("/behaviour").then((answer) => answer.json()).then(describe);
follow();
