/* Counts a rule while it is typed: waits until the typing pauses, asks, and shows the count or what is wrong. */
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const field = document.getElementById("id_rule");
  const output = document.getElementById("rule-live");
  if (!field || !output) return;
  field.after(output);
  output.hidden = false;
  let timer = 0;
  let asking = null;

  const show = (state, lines) => {
    output.dataset.state = state;
    output.replaceChildren(...lines.filter(Boolean).map((line) => {
      const paragraph = document.createElement("p");
      paragraph.textContent = line;
      return paragraph;
    }));
  };

  const ask = async () => {
    if (asking) asking.abort();
    asking = new AbortController();
    const body = new URLSearchParams({ rule: field.value });
    const token = field.form.querySelector("[name=csrfmiddlewaretoken]").value;
    try {
      const answer = await fetch(output.dataset.url, {
        method: "POST", body, signal: asking.signal, headers: { "X-CSRFToken": token },
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const live = await answer.json();
      show(live.good ? "good" : "bad", [live.sentence, live.words]);
    } catch (error) {
      if (error.name !== "AbortError") show("bad", [output.dataset.failed]);
    }
  };

  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    show("waiting", [output.dataset.waiting]);
    timer = window.setTimeout(ask, 400);
  });
  ask();
});
