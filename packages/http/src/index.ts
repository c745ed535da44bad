export { isDegraded, markDegraded } from './degraded.ts';
export { Gate } from './gate.ts';
export { NodeExchange } from './node-exchange.ts';
export { NodeRequest } from './node-request.ts';
export { ownValue } from './response-headers.ts';
export { dropReplaced, sendReply } from './send-reply.ts';
