import { describe, expect, it } from 'vitest';
import { isCredential, isNeutral } from './neutral-headers.ts';

describe('isNeutral', () => {
  it.each([
    'accept-encoding',
    'content-type',
    'if-none-match',
    'sec-ch-ua',
    'sec-fetch-user',
    'upgrade-insecure-requests',
    'user-agent',
    'x-original-user-agent',
    ':path',
    'x-forwarded-for',
    'cf-connecting-ip',
    'x-amzn-requestid',
    'x-amzn-trace-id',
    'x-b3-traceid',
    'x-correlation-id',
    'request_id',
    'traceparent',
  ])('tells of nobody: %s', (name) => {
    expect(isNeutral(name)).toBe(true);
    expect(isCredential(name)).toBe(false);
  });

  it.each(['x-whatever', 'x-forwarded-user', 'x-acceptance', 'x-http-method-override', 'forwarded', 'x-id', 'id'])(
    'may tell who asks: %s',
    (name) => {
      expect(isNeutral(name)).toBe(false);
    },
  );
});

describe('isCredential', () => {
  it.each([
    'authorization',
    'cookie',
    'x-forwarded-email',
    'x-org-id',
    'x-workspace-id',
    'x-customer-id',
    'x-client-id',
    'x-amzn-oidc-data',
    'x-hasura-role',
    'x-ssl-client-s-dn',
    'x-signature',
    'x-user-agent-token',
  ])('takes %s for one', (name) => {
    expect(isCredential(name)).toBe(true);
  });

  it.each(['x-pop', 'accept', 'host', 'via', 'x-vercel-ip-country'])('takes %s for none', (name) => {
    expect(isCredential(name)).toBe(false);
  });
});
