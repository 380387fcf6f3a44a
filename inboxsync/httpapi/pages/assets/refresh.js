// Every minute the page's own address is asked for again and what it shows is put in place of what is there: only while
// somebody can see it, and never under a cursor, a selection or a form that is being filled in.
"use strict";
const EVERY_MS = 60000;

function isInUse(main) {
  const active = document.activeElement;
  const selection = document.getSelection();
  return (active !== main && main.contains(active)) || (selection !== null && selection.toString() !== "");
}

function replaced(main, fresh) {
  const open = [...main.querySelectorAll("details[open][id]")].map((one) => one.id);
  main.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
}

async function refresh() {
  const main = document.getElementById("main");
  if (document.hidden || isInUse(main)) return;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.redirected || answer.status === 401) return location.reload();
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    if (fresh === null || isInUse(main)) return;
    replaced(main, fresh);
    document.title = page.title;
    document.querySelector("link[rel=icon]").replaceWith(page.querySelector("link[rel=icon]"));
    document.querySelector(".foot p").replaceChildren(...page.querySelector(".foot p").childNodes);
    tellOfRefreshing();
  } catch {
    // Not reachable now: what is shown says as of when it is, and the next minute tries again.
  }
}

function tellOfRefreshing() {
  for (const one of document.querySelectorAll("[data-needs-script]")) one.hidden = false;
}

tellOfRefreshing();
setInterval(refresh, EVERY_MS);
document.addEventListener("visibilitychange", refresh);
