import { expect, it } from 'vitest';
import { CircuitOpenError } from '../errors.ts';
import { Circuit } from './circuit.ts';
import { protectedBy } from './protected-by.ts';

class Assistant {
  readonly name = 'assistant';

  async answer(question: string, times = 1): Promise<string> {
    return `${this.name}: ${question.repeat(times)}`;
  }
}

/** As the emitted code of a standard decorator applies it. */
function decorate(circuit: Circuit): void {
  const context = { kind: 'method', name: 'answer' } as ClassMethodDecoratorContext<Assistant>;
  Assistant.prototype.answer = protectedBy(circuit)(Assistant.prototype.answer, context as never);
}

it('calls the method through the circuit, as a method of its object', async () => {
  const circuit = new Circuit('a');
  decorate(circuit);
  const assistant = new Assistant();
  expect(await assistant.answer('why', 2)).toBe('assistant: whywhy');
  expect(circuit.metrics().calls.success).toBe(1);
  circuit.forceOpen();
  await expect(assistant.answer('why')).rejects.toThrow(CircuitOpenError);
});
