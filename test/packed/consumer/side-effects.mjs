// Prints the globals and prototypes that importing the packages changes: none, or `"sideEffects": false` is not true.
import http from 'node:http';
import express from 'express';
import Koa from 'koa';

const watched = {
  globalThis,
  http,
  ServerResponse: http.ServerResponse.prototype,
  IncomingMessage: http.IncomingMessage.prototype,
  'express.request': express.request,
  'express.response': express.response,
  Koa: Koa.prototype,
  Promise: Promise.prototype,
  Object: Object.prototype,
};
const state = () =>
  Object.entries(watched).flatMap(([name, object]) =>
    Reflect.ownKeys(object).map((key) => [`${name}.${String(key)}`, Object.getOwnPropertyDescriptor(object, key)]),
  );

const before = new Map(state());
for (const name of process.argv.slice(2)) await import(name);
const isChanged = ([name, now]) =>
  !['value', 'get', 'set'].every((part) => Object.is(before.get(name)?.[part], now[part]));
console.log(
  JSON.stringify(
    state()
      .filter(isChanged)
      .map(([name]) => name),
  ),
);
