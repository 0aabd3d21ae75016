import { OpenAPIRegistry, OpenApiGeneratorV31 } from '@asteasolutions/zod-to-openapi';
import { OPERATIONS } from './operations';

/**
 * OpenAPI 3.1 from the very schemas that check requests. The copy at the root of the repository is held equal by
 * test/http/openapi.test.ts; `UPDATE_OPENAPI=1 npx jest --selectProjects http test/http/openapi` writes it anew.
 */
export function openApiDocument(): ReturnType<OpenApiGeneratorV31['generateDocument']> {
  const registry = new OpenAPIRegistry();
  for (const operation of OPERATIONS) registry.registerPath(operation);
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: {
      title: 'Contactsheet',
      version: '1',
      description: 'Analyses every image in a blob container, durably, and shows every step.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
  });
}
