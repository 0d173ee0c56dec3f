// For browsers that know no modules: the page is as the service made it, and loads again by itself.
document.documentElement.className += " is-old";
setTimeout(function () { location.reload(); }, 30000);
