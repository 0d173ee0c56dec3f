// Makes what is in an element like what is in another one, and leaves alone what is the same already: whoever stands on
// a link there, has scrolled, has marked words or is being read to goes on where they were.

export function morph(element, fresh) {
  let known = element.firstChild;
  for (const child of [...fresh.childNodes]) {
    const like = nextLike(known, child);
    while (like && known !== like) known = dropped(known);
    if (!like) element.insertBefore(child, known);
    else if (like.nodeType === Node.ELEMENT_NODE) morphElement(like, child);
    else if (like.data !== child.data) like.data = child.data;
    known = like ? like.nextSibling : known;
  }
  while (known) known = dropped(known);
}

// Text is as good as any other; an element may be one of those that follow, where what was before it is gone.
function nextLike(known, child) {
  if (child.nodeType !== Node.ELEMENT_NODE) return known?.nodeName === child.nodeName ? known : null;
  let like = known;
  while (like && like.nodeName !== child.nodeName) like = like.nextSibling;
  return like;
}

function dropped(node) {
  const next = node.nextSibling;
  node.remove();
  return next;
}

function morphElement(known, fresh) {
  for (const { name } of [...known.attributes]) {
    if (!fresh.hasAttribute(name) && !isReaders(known, name)) known.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (known.getAttribute(name) !== value) known.setAttribute(name, value);
  }
  morph(known, fresh);
}

// Whether details are open is for whoever reads them to say.
function isReaders(element, name) {
  return name === "open" && element.nodeName === "DETAILS";
}
