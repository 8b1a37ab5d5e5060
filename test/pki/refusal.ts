// The OperationError that a promise must end in: anything else, success included, fails the test.
import { OperationError } from '../../src/errors.ts';

export async function refusal(promise: Promise<unknown>): Promise<OperationError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OperationError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
