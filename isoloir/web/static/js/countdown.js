// Keeps the days, hours and minutes of a countdown up to date without reloading the page. It counts from the server's
// clock, read when the page was served, because the device's clock may be wrong. Nothing is announced: the figures have
// the role « timer », which screen readers read only when asked, and the date stands beside them.

const MINUTE = 60_000;

function show(element, number) {
  const word = element.nextElementSibling;
  const singular = number === 1 || (number === 0 && document.documentElement.lang === "fr");
  element.textContent = String(number);
  word.textContent = singular ? word.dataset.one : word.dataset.many;
}

function follow(countdown) {
  const until = Date.parse(countdown.dataset.until);
  const servedAt = Date.parse(countdown.dataset.now);
  const loadedAt = performance.now();
  const units = Object.fromEntries(
    [...countdown.querySelectorAll("[data-unit]")].map((element) => [element.dataset.unit, element]),
  );

  function write() {
    const left = Math.max(0, until - servedAt - (performance.now() - loadedAt));
    const minutes = Math.ceil(left / MINUTE);
    show(units.days, Math.floor(minutes / 1440));
    show(units.hours, Math.floor(minutes / 60) % 24);
    show(units.minutes, minutes % 60);
    if (left > 0) {
      setTimeout(write, Math.min(left % MINUTE || MINUTE, left) + 50);
    }
  }

  write();
  // A phone that slept has missed its timers.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      write();
    }
  });
}

document.querySelectorAll(".countdown[data-until]").forEach(follow);
