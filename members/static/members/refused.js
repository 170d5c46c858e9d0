// A tap that is refused by a whole page, as when a right was taken away, changes nothing on this one; so what that page
// says is said here. What a page asks for by itself is silent: it asks again.
document.addEventListener("htmx:responseError", ({ detail: { xhr, requestConfig } }) => {
  const place = document.getElementById("messages");
  if (!place || (requestConfig.verb === "get" && requestConfig.headers["X-Chorale-Timer"])) return;
  const told = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("main p");
  const said = document.createElement("p");
  said.className = "dr-message dr-error";
  said.setAttribute("role", "alert");
  said.textContent = told ? told.textContent : place.dataset.refused;
  place.replaceChildren(said);
});
