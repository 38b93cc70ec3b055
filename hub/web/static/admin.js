// On a phone the menu is a strip that scrolls: show the section one is in.
document.querySelector(".side [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
