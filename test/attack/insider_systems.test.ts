// A system administrator of one B/D makes a system that people take for another, or takes over one that was approved.
import { expect } from 'chai';
import { changeRelyingSystem } from '../../src/directory/commands/relying_system_change.ts';
import { createRelyingSystem } from '../../src/directory/commands/relying_system_create.ts';
import { holderOf, openGovernment, type World } from '../directory/world.ts';
import { outcome } from '../outcome.ts';

describe('a system administrator who names and moves systems', () => {
  let world: World;
  let csb: string;
  let ogcio: string;

  const administratorOf = (...scopes: (string | null)[]) => holderOf('system_administrator', ...scopes);
  const create = (columns: object) => {
    const own = { code: 'payslips', name_en: 'Payslips', name_zh: '糧單', information_owner: 'Head' };
    const input = { ...own, organisation: csb, classification: 'RESTRICTED' as const, population: [csb] };
    return outcome(world.run(createRelyingSystem, { ...input, ...columns }, administratorOf(csb)));
  };
  async function change(code: string, changes: object, ...scopes: (string | null)[]) {
    const { uuid } = await world.one('relying_system', { code });
    const input = { relying_system: uuid, changes };
    return outcome(world.run(changeRelyingSystem, input, administratorOf(...scopes)));
  }
  const client = {
    redirect_uris: ['https://payslips.csb.gov.hk/callback'],
    post_logout_redirect_uris: [],
    scope: 'openid',
  };

  before(async () => {
    world = await openGovernment('2026-11-20T02:00:00Z');
    csb = await world.organisation('CSB');
    ogcio = await world.organisation('OGCIO');
  });
  after(() => world.close());

  it('makes none that is read as another', async () => {
    for (const [columns, refusal] of [
      [{ code: 'mai1' }, 'code is read as the system mail'],
      [{ name_en: 'Mail' }, 'name_en is read as the system mail'],
      [{ name_en: 'Govemment e-mail' }, 'name_en is read as the system mail'],
      [{ name_zh: '政府即時通訊' }, 'name_zh is read as the system im'],
      [{ name_en: 'M\u0430il' }, 'name_en must be a name in English or Chinese letters'],
    ] as const)
      expect(await create(columns)).to.contain(refusal);
    expect(await create({})).to.equal('done');
    expect(await change('payslips', { name_en: 'MAIL' }, csb)).to.contain(
      'name_en is read as the system mail',
    );
    expect(await change('payslips', { name_en: 'Payslips (new)' }, csb)).to.equal('done');
  });

  it('lets nobody pass for the government without a secret', async () => {
    const open = { ...client, token_endpoint_auth_method: 'none', first_party: true };
    expect(await change('payslips', { client: open }, csb)).to.equal(
      'OperationError: invalid_value: first_party must be false for a public client: nothing proves that it is the system',
    );
    expect(await change('payslips', { client: { ...open, first_party: false } }, csb)).to.equal('done');
  });

  it('keeps the code that a secret is bound to', async () => {
    expect(await change('files', { code: 'shares' }, null)).to.contain(
      'has_dependents: code files stays: the secret of the system is bound to it',
    );
    expect(await change('payslips', { code: 'payrolls' }, csb)).to.equal('done'); // it has no secret
  });

  it('takes over no system that was approved for clearances', async () => {
    expect(await change('im', { organisation: csb }, csb, ogcio)).to.equal(
      'OperationError: access_denied: clearance.grant takes clearance_officer over the whole government',
    );
    expect(await change('im', { organisation: ogcio }, null)).to.equal('done'); // no change
    expect(await change('files', { organisation: csb }, csb, ogcio)).to.equal('done');
  });
});
