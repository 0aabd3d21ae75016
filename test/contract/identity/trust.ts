import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';

/** A certificate for loopback, drawn for one test and trusted by this process alone. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Of the certificate, for NODE_EXTRA_CA_CERTS of another process. */
  readonly path: string;
  readonly keyPath: string;
  discard(): void;
}

export function drawCertificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'contactsheet-tls-'));
  const path = join(folder, 'cert.pem');
  const keyPath = join(folder, 'key.pem');
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ...['-keyout', keyPath, '-out', path],
    ],
    { stdio: 'ignore' },
  );
  const cert = readFileSync(path, 'utf8');
  const restore = trust(cert);
  return {
    cert,
    key: readFileSync(keyPath, 'utf8'),
    ...{ path, keyPath },
    discard() {
      restore();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Node takes more authorities only at its start: here every connection of this process gets one more. */
function trust(cert: string): () => void {
  const { createSecureContext } = tls;
  tls.createSecureContext = (options = {}) => {
    const context = createSecureContext(options);
    (context.context as { addCACert(cert: string): void }).addCACert(cert);
    return context;
  };
  return () => {
    tls.createSecureContext = createSecureContext;
  };
}
