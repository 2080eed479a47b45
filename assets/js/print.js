// A button that prints; where the page is there for nothing else, it is printed as soon as it is there.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
if (button.dataset.print === "now") print();
