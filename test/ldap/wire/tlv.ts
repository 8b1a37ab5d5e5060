// BER by hand, for requests no decent encoder would make.

/** One value: tag, shortest length, content. */
export function tlv(tag: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([Buffer.from([tag, 0x84]), length, body]);
}

export function constructed(...content: Uint8Array[]): Buffer {
  return tlv(0x30, ...content);
}

export function octetString(value: string | Uint8Array): Buffer {
  return tlv(0x04, Buffer.from(value));
}

/** One octet's worth. */
export function integer(value: number): Buffer {
  return tlv(0x02, Buffer.from([value]));
}

/** A search whose parts may each be replaced by something worse. */
export function searchRequest(parts: {
  messageId?: Buffer;
  base?: Uint8Array;
  scope?: number;
  sizeLimit?: Buffer;
  filter?: Buffer;
  attributes?: Uint8Array[];
}): Buffer {
  return constructed(
    parts.messageId ?? integer(1),
    tlv(
      0x63,
      octetString(parts.base ?? Buffer.from('dc=hk')),
      tlv(0x0a, Buffer.from([parts.scope ?? 2])),
      tlv(0x0a, Buffer.from([0])),
      parts.sizeLimit ?? integer(0),
      integer(0),
      tlv(0x01, Buffer.from([0])),
      parts.filter ?? tlv(0x87, Buffer.from('objectClass')),
      constructed(...(parts.attributes ?? []).map((attribute) => octetString(attribute))),
    ),
  );
}
