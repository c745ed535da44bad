import { describe, expect, it } from 'vitest';
import { type AnswerForm, negotiate } from './negotiate.ts';

const prefers = (form: AnswerForm, ...headers: (string | string[] | undefined)[]) => {
  for (const header of headers) expect(negotiate(header), String(header).slice(0, 80)).toBe(form);
};

describe('negotiate', () => {
  it('is JSON without the header, for anything, and for nothing that we have', () => {
    prefers('json', undefined, '*/*', '', ' ', 'image/png', 'text/csv, image/*', 'application/*', []);
  });

  it('is what browsers, EventSource and API clients ask for', () => {
    prefers('html', 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8');
    prefers('sse', 'text/event-stream', 'text/event-stream, */*;q=0.1', 'text/event-stream, */*');
    prefers('json', 'application/json, text/plain, */*', 'application/json', 'application/json;charset=utf-8');
    prefers('text', 'text/plain', 'Text/Plain; charset=utf-8');
  });

  it('counts problem details and other `+json` types as JSON', () => {
    prefers('json', 'text/html;q=0.5, application/problem+json', 'application/vnd.api+json, text/html;q=0.9');
    prefers('json', 'application/*+json, text/html;q=0.9');
  });

  it('takes the greatest weight', () => {
    prefers('html', 'application/json;q=0.5, text/html;q=0.9, text/plain;q=0.1');
    prefers('text', 'text/html;q=0.1,text/plain;Q=0.2');
    prefers('text', 'text/html ; q=0.1 , text/plain ; q = 0.2');
  });

  it('takes the closer range for the weight of a type', () => {
    prefers('html', 'text/plain;q=0.1, text/*;q=0.9, application/json;q=0.5');
    prefers('json', 'text/*;q=0.3, text/html;q=0.2, */*;q=0.5');
    prefers('json', 'text/html;level=1, text/html;q=0.2, application/json;q=0.5');
  });

  it('never takes what has weight 0', () => {
    prefers('html', 'application/json;q=0, */*', '*/*, application/json;q=0.000');
    prefers('text', 'application/json;q=0, text/html;q=0, */*;q=0.1');
    prefers('json', 'text/html;q=0', '*/*;q=0');
  });

  it('takes among equals what is named over what a wildcard covers, then the first named', () => {
    prefers('html', '*/*, text/html');
    prefers('sse', 'text/event-stream, application/json', 'application/*, text/event-stream');
    prefers('json', 'application/json, text/event-stream');
    prefers('json', 'application/json;charset=utf-8, text/plain');
  });

  it('reads over quoted commas and semicolons', () => {
    prefers('text', 'text/plain;note="a,text/html;q=1\\"", text/html;q=0.5');
    prefers('html', 'text/plain;note="q=1;q=1";q=0.2, text/html;q=0.5', 'text/html;note="never closed, text/plain');
  });

  it('passes over what is malformed', () => {
    prefers('html', ',,;;,/,text/html,', ';q=1,text/html;q=,text/plain;q=0.5', 'text/html;q=7, text/plain');
    prefers('json', 'text', '/', '"', '\\', ';;;', 'text/html/x');
  });

  it('joins what came as several fields', () => {
    prefers('html', ['text/plain;q=0.5', 'text/html']);
  });

  it('reads no more than 8192 characters', () => {
    prefers('json', `${'x/y,'.repeat(2048)}text/html`);
    prefers('json', '"'.repeat(1_000_000), ','.repeat(1_000_000), '"\\'.repeat(500_000));
  });
});
