// Light or dark: what the reader chose here before, else what the system says. Runs before the page is drawn.
"use strict";
(() => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const stored = () => {
    try {
      return window.localStorage.getItem("wattmark-theme");
    } catch {
      return null; // Storage may be refused; the choice then lasts as long as the page.
    }
  };
  const known = (theme) => theme === "light" || theme === "dark";
  const apply = (theme) => {
    if (known(theme)) root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  const shown = () => root.dataset.theme || (system.matches ? "dark" : "light");
  apply(stored());

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "theme";
    const label = () => {
      button.textContent = shown() === "dark" ? "Light" : "Dark";
      button.setAttribute("aria-label", `Switch to the ${button.textContent.toLowerCase()} theme`);
    };
    button.addEventListener("click", () => {
      const theme = shown() === "dark" ? "light" : "dark";
      apply(theme);
      try {
        window.localStorage.setItem("wattmark-theme", theme);
      } catch {
        // As above.
      }
      label();
    });
    system.addEventListener("change", label);
    label();
    document.querySelector(".top").append(button);
  });
})();
