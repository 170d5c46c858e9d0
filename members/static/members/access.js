// Unfold opens its menus by spans, divs and links that lead nowhere, and names them by pictures. Here each becomes a
// button that has a name and is reached and pressed by keyboard; the pictures are kept from being read aloud.
(() => {
  "use strict";
  const PRESSED = ":is(a:not([href]), div, span)[x-on\\:click]";
  let names = {};

  // What somebody reads aloud, without the pictures, whose letters are names such as "more_vert".
  function words(one) {
    const copy = one.cloneNode(true);
    for (const icon of copy.querySelectorAll(".material-symbols-outlined")) icon.remove();
    return copy.textContent.trim();
  }

  function name(one) {
    if (one.hasAttribute("aria-label") || one.title) return;
    const icon = one.matches(".material-symbols-outlined") ? one : one.querySelector(".material-symbols-outlined");
    const known = icon && names[icon.textContent.trim()];
    if (known && (icon === one || !words(one))) one.setAttribute("aria-label", known);
  }

  function mend() {
    for (const one of document.querySelectorAll(PRESSED)) {
      if (!one.textContent.trim()) continue; // the ground behind a dialog, which Escape closes
      one.setAttribute("role", "button");
      one.tabIndex = 0;
    }
    for (const one of document.querySelectorAll("[role=button], button, a[href]")) name(one);
    for (const icon of document.querySelectorAll(".material-symbols-outlined:not([role])")) icon.ariaHidden = "true";
    for (const tip of document.querySelectorAll(".help-tooltip[aria-label]")) tip.setAttribute("role", "img");
    const content = document.getElementById("content");
    if (content) {
      content.setAttribute("role", "main");
      content.tabIndex = -1;
    }
  }

  function press(event) {
    const one = event.target;
    if (!one.matches("[role=button]:not(button, summary)") || !["Enter", " "].includes(event.key)) return;
    event.preventDefault();
    one.click();
  }

  // A part that is read anew while somebody is in it gives the focus back to what stood there: htmx does so by ids alone.
  const FOCUSABLE = "a[href], button, summary, input:not([type=hidden]), select, textarea, [tabindex]";
  const left = [];

  function place(one) {
    return one.id || one.getAttribute("href") || one.closest("form")?.getAttribute("action") || words(one);
  }

  function leave({ detail: { target } }) {
    const one = document.activeElement;
    if (one === document.body || !target.contains(one)) return;
    const around = target.parentElement;
    left.push({ target, around, at: place(one), nth: [...around.querySelectorAll(FOCUSABLE)].indexOf(one) });
  }

  function back() {
    for (const { target, around, at, nth } of left.splice(0)) {
      if (document.activeElement !== document.body) return;
      const part = target.isConnected ? target : document.getElementById(target.id) || around;
      const others = [...part.querySelectorAll(FOCUSABLE)];
      // What led to more of a list is gone; the first that came is in its place.
      const found = others.find((one) => place(one) === at) || (part === around && others[nth]) || part;
      if (!found.matches(FOCUSABLE)) found.tabIndex = -1;
      found.focus({ preventScroll: true });
    }
  }

  // Whoever opens the menu by keyboard is in it then.
  function enter(event) {
    if (!event.detail && event.target.closest("[x-on\\:click*=sidebarMobileOpen]")) {
      requestAnimationFrame(() => document.querySelector("#nav-sidebar [href]")?.focus());
    }
  }

  // Unfold shows a page when its scripts run; by then the browser has given up on the field to begin with.
  function begin() {
    if (document.activeElement === document.body) document.querySelector("[autofocus]")?.focus();
  }

  document.addEventListener("alpine:initialized", mend);
  // The admin's pickers of many out of many are built when everything is loaded.
  window.addEventListener("load", () => setTimeout(mend));
  document.addEventListener("DOMContentLoaded", () => {
    setTimeout(begin);
    names = JSON.parse(document.getElementById("icon-names").textContent);
    mend();
    document.body.addEventListener("htmx:afterSettle", mend);
    document.body.addEventListener("htmx:beforeSwap", leave);
    document.body.addEventListener("htmx:afterSettle", back);
  });
  document.addEventListener("keydown", press);
  document.addEventListener("click", enter);
})();
