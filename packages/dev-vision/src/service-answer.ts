/**
 * The answers of the real service, word for word where its words are known.
 *
 * Sources: API Management in front of Computer Vision (401, 404, 429), Computer Vision 3.2 and Image Analysis 4.0
 * error responses (400, 415).
 */
export interface ServiceAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

const outer = (status: number, code: string, message: string): ServiceAnswer => ({
  status,
  body: { error: { code, message } },
});

export const unauthorized = outer(
  401,
  '401',
  'Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.',
);

export const notFound = outer(404, '404', 'Resource not found');

export const unsupportedMediaType = outer(
  415,
  'UnsupportedMediaType',
  'Unsupported media type. This stand-in takes the bytes of an image as application/octet-stream.',
);

export function tooManyRequests(retryAfterSeconds: number): ServiceAnswer {
  return {
    ...outer(
      429,
      '429',
      `Requests to the Analyze Image Operation under Computer Vision API have exceeded call rate limit of your current ComputerVision pricing tier. Please retry after ${retryAfterSeconds} second${retryAfterSeconds === 1 ? '' : 's'}.`,
    ),
    headers: { 'Retry-After': String(retryAfterSeconds) },
  };
}

/** 400 with the inner error that says what is wrong. */
export function invalidRequest(innerCode: string, message: string): ServiceAnswer {
  return {
    status: 400,
    body: { error: { code: 'InvalidRequest', message, innererror: { code: innerCode, message } } },
  };
}

/** 4.0 refuses a body by its size without an inner error. */
export const invalidBodySize40 = outer(
  400,
  'InvalidRequest',
  'The image size is not allowed to be zero or larger than 20971520 bytes.',
);
