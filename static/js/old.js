// For browsers that know no modules: the page is as the service made it, and loads again by itself. Not while the service
// is away: the browser's own page of an error would never load again.
document.documentElement.className += " is-old";
setInterval(function () {
  var asked = new XMLHttpRequest();
  asked.onload = function () {
    if (asked.status < 500) location.reload();
  };
  asked.open("GET", "/version");
  asked.send();
}, 30000);
