// Takes a voting code out of the address, before anything else of the page is read, and says that it was not kept.
//
// The notice's QR code leads to the page where the code is entered. Who is not signed in is sent to another page, and
// browsers carry the fragment along. The code is kept nowhere: it is typed or scanned again on its own page, which takes
// it out of the address itself.

if (location.hash.startsWith("#code=")) {
  history.replaceState(null, "", location.pathname + location.search);
  document.addEventListener("DOMContentLoaded", () => {
    const said = document.getElementById("code-in-address");
    if (said) said.hidden = false;
  });
}
