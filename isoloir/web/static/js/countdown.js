// Keeps the days, hours and minutes of a countdown up to date without reloading the page, and at zero shows the sentence
// that is then true. It counts from the server's clock, read when the page was served: only what the device's clock has
// advanced since is used, because the device may be wrong about the hour. The figures have the role « timer », which
// screen readers read only when asked; the last hour, the last ten minutes and the end are told once each, politely.

const MINUTE = 60_000;
const TOLD = [
  [10 * MINUTE, "minutes"],
  [60 * MINUTE, "hour"],
];

function show(element, number) {
  const word = element.nextElementSibling;
  const singular = number === 1 || (number === 0 && document.documentElement.lang === "fr");
  element.textContent = String(number);
  word.textContent = singular ? word.dataset.one : word.dataset.many;
}

function follow(countdown) {
  const until = Date.parse(countdown.dataset.until);
  const total = until - Date.parse(countdown.dataset.now);
  const loadedAt = Date.now();
  const status = countdown.querySelector("[role=status]");
  const over = countdown.querySelector(".countdown__over");
  const units = Object.fromEntries(
    [...countdown.querySelectorAll("[data-unit]")].map((element) => [element.dataset.unit, element]),
  );
  let before = total;
  let timer;

  // A device's clock that is set back would lengthen the delay: the count never goes up again.
  function remaining() {
    return Math.max(0, Math.min(before, total - (Date.now() - loadedAt)));
  }

  function tell(left) {
    const crossed = TOLD.find(([bound]) => left <= bound && before > bound);
    if (left > 0 && crossed) {
      status.textContent = status.dataset[crossed[1]];
    }
  }

  function end() {
    countdown.querySelector(".countdown__left").hidden = true;
    if (over.hidden) {
      over.hidden = false;
      status.textContent = over.textContent;
    }
  }

  function write() {
    clearTimeout(timer);
    const left = remaining();
    const minutes = Math.ceil(left / MINUTE);
    show(units.days, Math.floor(minutes / 1440));
    show(units.hours, Math.floor(minutes / 60) % 24);
    show(units.minutes, minutes % 60);
    tell(left);
    before = left;
    if (left === 0) {
      end();
      return;
    }
    timer = setTimeout(write, Math.min(left % MINUTE || MINUTE, left) + 20);
  }

  write();
  // A phone that slept, or a page taken back from the browser's memory, has missed its timers.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      write();
    }
  });
  addEventListener("pageshow", write);
}

document.querySelectorAll(".countdown[data-until]").forEach(follow);
