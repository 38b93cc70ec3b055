// Goes on to the provider's own sign-out where that wants a form. Without it, the button does.

setTimeout(() => document.getElementById("leave").submit(), 2000);
