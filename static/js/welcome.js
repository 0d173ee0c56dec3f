// The code of a one-time link stands behind its #, which browsers send to nobody: it is put into the form, and taken
// out of the address, so that it stays in no history.

const code = decodeURIComponent(location.hash.slice(1));
if (code) {
  document.getElementById("code").value = code;
  history.replaceState(null, "", location.pathname);
  document.getElementById("name").focus();
}
