import { expect } from 'chai';
import { addressKey } from '../../src/limits/address.ts';

describe('the key under which an address is counted', () => {
  const cases: [address: string | null, key: string][] = [
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:192.0.2.7', '192.0.2.7'],
    ['::ffff:c000:207', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
    ['ptmchan', 'ptmchan'],
    ['', 'unknown'],
    [null, 'unknown'],
  ];
  for (const [address, key] of cases) {
    it(`${address} is ${key}`, () => expect(addressKey(address)).to.equal(key));
  }

  it('is one for a whole /64, and another for the next', () => {
    const keys = new Set(
      Array.from({ length: 1000 }, (_, n) =>
        addressKey(`2001:db8:0:7::${(n * 65_537).toString(16).slice(-4)}`),
      ),
    );
    expect(keys.size).to.equal(1);
    expect(addressKey('2001:db8:0:8::1')).not.to.equal([...keys][0]);
  });
});
