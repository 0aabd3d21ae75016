/**
 * What Vision refuses for a reason that lies in the resource, the request or its address, not in an image: every image
 * would be refused alike. Such a refusal ends the run, marks no image, and says nothing of images that earlier builds
 * stored with it.
 */
export const RESOURCE_REFUSALS = [
  'vision-unauthorized',
  'vision-forbidden',
  'vision-not-found',
  'vision-unsupported-feature',
  'vision-resource-refused',
] as const;

export type ResourceRefusal = (typeof RESOURCE_REFUSALS)[number];

export function isResourceRefusal(code: string): code is ResourceRefusal {
  return (RESOURCE_REFUSALS as readonly string[]).includes(code);
}
