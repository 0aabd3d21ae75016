/** A glob of container names: `*` stands for any characters, none too, and `?` for one. */
const GLOB = /^[a-z0-9$*?-]{1,63}$/;

export function isContainerGlob(text: string): boolean {
  return GLOB.test(text);
}

/** Takes time in proportion to both lengths at most, whatever the glob. */
export function matchesGlob(glob: string, name: string): boolean {
  let [at, inName] = [0, 0];
  let [star, resumeAt] = [-1, 0];
  while (inName < name.length) {
    if (glob[at] === '*') {
      star = at++;
      resumeAt = inName;
    } else if (glob[at] === '?' || glob[at] === name[inName]) {
      at++;
      inName++;
    } else if (star >= 0) {
      at = star + 1;
      inName = ++resumeAt; // the star takes one character more
    } else return false;
  }
  while (glob[at] === '*') at++;
  return at === glob.length;
}
