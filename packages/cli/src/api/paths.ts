import { usage } from '../failure';

/** Paths of the API. Names are percent-encoded whole, slashes too. */
const API = '/api/v1';

export const paths = {
  runs: `${API}/runs`,
  run: (id: string, part = '') => `${API}/runs/${segment(id)}${part}`,
  containers: `${API}/containers`,
  container: (name: string, part = '') => `${API}/containers/${segment(name)}${part}`,
  image: (container: string, blob: string, part = '') =>
    `${API}/containers/${segment(container)}/images/${segment(blob)}${part}`,
  quota: `${API}/quota`,
};

/** @throws Failure for a name that no URL can carry: `.` and `..` vanish from every path, encoded or not */
function segment(name: string): string {
  if (name === '' || name === '.' || name === '..') throw usage(`'${name}' is not a name the API can be asked for.`);
  if (/\p{Surrogate}/u.test(name)) throw usage('A name holds half of a surrogate pair, which is not text.');
  return encodeURIComponent(name);
}
