export { Gate, isDegraded, markDegraded } from './gate.ts';
export { NodeExchange } from './node-exchange.ts';
export { NodeRequest } from './node-request.ts';
export { sendReply } from './send-reply.ts';
