// Finds names that contain what is typed, those that begin with it first.
const box = document.getElementById("search");
const found = document.getElementById("found");
box.addEventListener("input", () => {
  const text = box.value.trim().toLowerCase();
  const entries = text === "" ? [] : INDEX.filter((entry) => entry.name.toLowerCase().includes(text));
  entries.sort((a, b) => a.name.toLowerCase().indexOf(text) - b.name.toLowerCase().indexOf(text));
  found.replaceChildren(...entries.slice(0, 30).map((entry) => {
    const link = document.createElement("a");
    link.href = entry.link;
    link.textContent = entry.name;
    const about = document.createElement("small");
    about.textContent = entry.module + (entry.about ? ": " + entry.about : "");
    link.append(about);
    return link;
  }));
});
