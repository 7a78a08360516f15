// Warns two minutes before the voter's session ends, keeps an active person signed in, and says when it is over.
//
// The portal is the judge: this script reads the limits from the page, asks again before it warns (another tab may have
// prolonged the session, the booth's vote too), and tells the portal of real activity at most once a minute. Time is
// counted from the portal's clock, for the device's may be wrong.

const WARNING = 120_000;
const ACTIVITY_EVERY = 60_000;
const SECOND = 1000;
const SPOKEN_AT = [60, 30, 10];

const dialog = document.querySelector("dialog.session-warning");
const said = dialog.querySelector("[data-said]");
const title = document.title;

let limits = {
  now: Date.parse(dialog.dataset.now),
  idle: Date.parse(dialog.dataset.idleEnds),
  absolute: Date.parse(dialog.dataset.ends),
  since: dialog.dataset.since,
};
let readAt = Date.now();
let toldAt = readAt;
let askedAt = readAt;
// The absolute end that the voter has already been told of.
let acknowledged = 0;
let over = false;
let timer;

const portalNow = () => limits.now + (Date.now() - readAt);
const endsAt = () => Math.min(limits.idle, limits.absolute);
const left = () => endsAt() - portalNow();

/** Ask the portal: "GET" looks, "POST" tells that somebody is there. Returns "live", "ended" or "silent". */
async function ask(method) {
  askedAt = Date.now();
  const headers = { Accept: "application/json" };
  if (method === "POST") {
    headers["X-CSRFToken"] = dialog.querySelector("[name=csrfmiddlewaretoken]").value;
  }
  let response;
  let answer;
  try {
    response = await fetch(dialog.dataset.url, { method, headers, cache: "no-store", redirect: "manual" });
    answer = response.ok ? await response.json() : null;
  } catch {
    return "silent";
  }
  if (answer === null) {
    return response.status === 401 ? "ended" : "silent";
  }
  if (answer.since !== limits.since) {
    // Somebody has signed in anew in this browser: the page belongs to a session that is gone.
    return "ended";
  }
  readAt = Date.now();
  limits = {
    now: Date.parse(answer.now),
    idle: Date.parse(answer.idle_ends_at),
    absolute: Date.parse(answer.ends_at),
    since: answer.since,
  };
  return "live";
}

function open(state) {
  dialog.querySelectorAll("[data-when]").forEach((part) => {
    part.hidden = part.dataset.when !== state;
  });
  dialog.setAttribute("aria-labelledby", `session-${state}`);
  const part = dialog.querySelector(`[data-when="${state}"]`);
  const heading = part.querySelector("h2").textContent;
  document.title = `${heading} – ${title}`;
  if (!dialog.open) {
    dialog.showModal();
  }
  part.querySelector("[data-first]").focus();
}

function close() {
  document.title = title;
  said.textContent = "";
  if (dialog.open) {
    dialog.close();
  }
}

function end() {
  over = true;
  clearTimeout(timer);
  said.textContent = "";
  open("ended");
}

/** Wait until there is something to say: two minutes before the end, or the end itself once the voter knows of it. */
function schedule() {
  clearTimeout(timer);
  const told = acknowledged === limits.absolute && endsAt() === limits.absolute;
  timer = setTimeout(look, Math.max(SECOND, left() - (told ? 0 : WARNING)));
}

async function look() {
  const state = await ask("GET");
  if (over) {
    return;
  }
  if (state === "ended" || (state === "silent" && left() <= 0)) {
    end();
  } else if (left() > WARNING || acknowledged === endsAt()) {
    close();
    schedule();
  } else {
    warn();
  }
}

function warn() {
  open(limits.absolute <= limits.idle ? "absolute" : "idle");
  dialog.querySelectorAll("[data-hour]").forEach((place) => {
    place.textContent = hour(endsAt());
  });
  count();
}

function count() {
  clearTimeout(timer);
  const seconds = Math.max(0, Math.ceil(left() / SECOND));
  dialog.querySelectorAll("[data-left]").forEach((place) => {
    place.textContent = `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  });
  const threshold = SPOKEN_AT.find((each) => seconds <= each && seconds > each - 5);
  if (threshold !== undefined) {
    said.textContent = said.getAttribute(`data-at-${threshold}`);
  }
  timer = setTimeout(seconds > 0 ? count : look, SECOND);
}

function hour(instant) {
  const french = document.documentElement.lang === "fr";
  const parts = { hour: "2-digit", minute: "2-digit", timeZone: "Europe/Paris", hourCycle: "h23" };
  const text = new Intl.DateTimeFormat("en-GB", parts).format(instant);
  return french ? text.replace(":", "\u00a0h\u00a0") : text;
}

async function stay() {
  const silence = dialog.querySelector("[data-silent]");
  silence.hidden = true;
  toldAt = Date.now();
  const state = await ask("POST");
  if (state === "ended") {
    end();
  } else if (state === "silent") {
    silence.hidden = false;
  } else if (left() > WARNING) {
    close();
    schedule();
  } else {
    // Nothing but the absolute limit is left so near.
    warn();
  }
}

function leave() {
  if (!over) {
    acknowledged = limits.absolute;
    schedule();
  }
  close();
}

async function tell() {
  if (dialog.open || over || Date.now() - toldAt < ACTIVITY_EVERY) {
    return;
  }
  toldAt = Date.now();
  const state = await ask("POST");
  if (state === "ended") {
    end();
  } else if (state === "live" && !dialog.open) {
    schedule();
  }
}

dialog.querySelector("[data-stay]").addEventListener("submit", (event) => {
  event.preventDefault();
  stay();
});
dialog.querySelectorAll("[data-close]").forEach((button) => button.addEventListener("click", leave));
dialog.addEventListener("cancel", (event) => {
  event.preventDefault();
  if (dialog.querySelector("[data-when=idle]").hidden) {
    leave();
  } else {
    stay();
  }
});
for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  document.addEventListener(kind, tell, { passive: true, capture: true });
}
// A device that slept has missed its timers, and another tab may have signed out.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && !over && Date.now() - askedAt >= SECOND) {
    look();
  }
});
schedule();
