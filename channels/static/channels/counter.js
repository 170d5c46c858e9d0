// What makes the counter quicker where the browser can. Everything works without it, by plain forms.
(() => {
  "use strict";

  // Undoing: the time that is left, and no button once it is over (the server refuses it then anyway). Counted from when
  // the page came, because a till's clock may be wrong.
  const ends = new WeakMap();
  function countDown() {
    const now = performance.now();
    for (const form of document.querySelectorAll("form[data-left]")) {
      if (!ends.has(form)) ends.set(form, now + form.dataset.left * 1000);
      const left = Math.floor((ends.get(form) - now) / 1000);
      form.hidden = left <= 0;
      const shown = form.querySelector(".ct-left");
      if (shown) shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    }
  }

  // A part that is read anew keeps open what was open, and gives the focus back after a tap.
  let open = [];
  let focus = "";
  function before(event) {
    open = [...event.detail.target.querySelectorAll("details[open][id]")].map((one) => one.id);
    const by = event.detail.requestConfig || {};
    const card = by.verb === "post" && by.elt && by.elt.closest ? by.elt.closest("[id]") : null;
    focus = card ? card.id : "";
    if (by.verb === "post") open = open.filter((id) => id !== focus);
  }
  function after() {
    for (const id of open) {
      const found = document.getElementById(id);
      if (found) found.open = true;
    }
    open = [];
    countDown();
  }
  function settled() {
    const card = focus && (document.getElementById(focus) || document.getElementById(focus.replace(/^(redeem|decline)-/, "offer-")));
    if (card) (card.querySelector("summary, button") || card).focus({ preventScroll: true });
    focus = "";
  }

  // The connection: said while it is away, so that nobody wonders whether a tap was heard.
  function offline(is) {
    const told = document.getElementById("offline");
    if (told) told.hidden = !is;
  }

  // The camera reads QR codes where the browser has a detector for them.
  const EVERY = 200; // milliseconds between two looks
  function scanner() {
    const button = document.getElementById("scan");
    const dialog = document.getElementById("camera");
    if (!button || !dialog || !("BarcodeDetector" in window) || !navigator.mediaDevices) return;
    const video = dialog.querySelector("video");
    const problem = dialog.querySelector("[role=alert]");
    let stream = null;
    let timer = 0;
    function stop() {
      clearInterval(timer);
      if (stream) stream.getTracks().forEach((track) => track.stop());
      stream = null;
    }
    async function look(detector) {
      const found = video.readyState >= 2 ? await detector.detect(video) : [];
      if (!found.length || !stream) return;
      stop();
      dialog.close();
      const form = document.querySelector(".ct-find");
      form.elements.q.value = found[0].rawValue;
      form.requestSubmit();
    }
    async function start() {
      problem.hidden = true;
      dialog.showModal();
      try {
        const detector = new window.BarcodeDetector({ formats: ["qr_code"] });
        stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
        if (!dialog.open) return stop();
        video.srcObject = stream;
        await video.play();
        timer = setInterval(() => look(detector).catch(() => {}), EVERY);
      } catch {
        stop();
        problem.hidden = false;
      }
    }
    button.hidden = false;
    button.addEventListener("click", start);
    dialog.querySelector("button").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", stop);
  }

  // Scanners type. On a till they find their field wherever the focus is, unless something is being typed or tapped.
  function typing(event) {
    const field = document.getElementById("q");
    const busy = document.activeElement && document.activeElement.matches("input, select, textarea, button, summary, a");
    if (field && !busy && event.key.length === 1 && event.key !== " " && !event.ctrlKey && !event.metaKey && !event.altKey) field.focus();
  }

  // The offer whose QR code was scanned.
  function scanned() {
    const place = document.querySelector("[data-scanned]");
    const card = place && place.dataset.scanned && document.getElementById(place.dataset.scanned);
    if (!card) return;
    card.classList.add("ct-scanned");
    card.scrollIntoView({ block: "center" });
    card.focus({ preventScroll: true });
  }

  document.addEventListener("DOMContentLoaded", () => {
    const body = document.body;
    body.addEventListener("htmx:beforeSwap", before);
    body.addEventListener("htmx:afterSwap", after);
    body.addEventListener("htmx:afterSettle", settled);
    body.addEventListener("htmx:sendError", () => offline(true));
    body.addEventListener("htmx:timeout", () => offline(true));
    body.addEventListener("htmx:afterOnLoad", () => offline(false));
    body.addEventListener("htmx:afterRequest", (event) => event.detail.xhr && event.detail.xhr.status && offline(false));
    document.addEventListener("keydown", typing);
    countDown();
    setInterval(countDown, 1000);
    scanner();
    scanned();
  });
})();
