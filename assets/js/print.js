// What is printed is printed as soon as it is there; a button does it again.
const button = document.querySelector("[data-print]");
button.hidden = false;
button.addEventListener("click", () => print());
print();
