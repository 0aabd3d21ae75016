/**
 * A picture of our own: four plain squares, 64 x 64 pixels, PNG. Vision is asked about it when it has failed on so many
 * images in a row that either it is down or the images are at fault. Only what does not belong to them can tell.
 */
export const CONTROL_PICTURE: Uint8Array = Uint8Array.from(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAEAAAABACAMAAACdt4HsAAAADFBMVEXAwIBAwIDAQIBAQIDH2tUWAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAL0lEQVRYw+3MQREAMAgDsML8e56E/rlEQPKKLSIQCAQCgeBcMEUagUAgEAgE14IPn3wYAYHh844AAAAASUVORK5CYII=',
    'base64',
  ),
);

/** How the circuit breaker knows it. No container has such a name. */
export const CONTROL = '(control picture)';
