/** A certificate authority of a cluster's own, made with openssl, and what it signs: good for 30 days. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command';

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const DAYS = '30';

export class Certificates {
  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  /** `ca.crt` and `ca.key`. */
  async createAuthority(): Promise<void> {
    const files = ['-keyout', 'ca.key', '-out', 'ca.crt'];
    await this.openssl('req', '-x509', ...KEY, '-days', DAYS, '-subj', '/CN=contactsheet-cluster', ...files);
  }

  /** `accounts.key` and `accounts.pub`, which sign the tokens of service accounts. */
  async createAccountKeys(): Promise<void> {
    await this.openssl('genrsa', '-out', 'accounts.key', '2048');
    await this.openssl('rsa', '-in', 'accounts.key', '-pubout', '-out', 'accounts.pub');
  }

  /** `NAME.crt` and `NAME.key` for a subject such as `/O=system:masters/CN=admin`, as a server under `names` too. */
  async sign(name: string, subject: string, names: readonly string[] = []): Promise<void> {
    const alternative = names.length > 0 ? [`subjectAltName=${names.join(',')}`] : [];
    await this.signed(name, subject, [
      'keyUsage=digitalSignature',
      'extendedKeyUsage=serverAuth,clientAuth',
      ...alternative,
    ]);
  }

  /** `NAME.crt` and `NAME.key` for an authority below this one. */
  async signAuthority(name: string): Promise<void> {
    await this.signed(name, `/CN=${name}`, [
      'basicConstraints=critical,CA:true,pathlen:0',
      'keyUsage=critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier=hash',
      'authorityKeyIdentifier=keyid',
    ]);
  }

  private async signed(name: string, subject: string, extensions: readonly string[]): Promise<void> {
    writeFileSync(this.path(`${name}.ext`), `${extensions.join('\n')}\n`);
    await this.openssl('req', ...KEY, '-subj', subject, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const authority = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', DAYS];
    const files = ['-in', `${name}.csr`, '-extfile', `${name}.ext`, '-out', `${name}.crt`];
    await this.openssl('x509', '-req', ...authority, ...files);
  }

  private openssl(...words: readonly string[]): Promise<string> {
    return run('openssl', words, { cwd: this.folder });
  }

  /** `NAME.kubeconfig`: how the owner of the certificate finds the API server. */
  writeKubeconfig(name: string, server: string): string {
    const file = this.path(`${name}.kubeconfig`);
    const cluster = { server, 'certificate-authority': this.path('ca.crt') };
    const user = { 'client-certificate': this.path(`${name}.crt`), 'client-key': this.path(`${name}.key`) };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'own', cluster }],
      users: [{ name, user }],
      contexts: [{ name: 'own', context: { cluster: 'own', user: name } }],
      'current-context': 'own',
    };
    writeFileSync(file, JSON.stringify(config));
    return file;
  }
}
