/**
 * Reads what the Bicep files of deploy/azure declare: resources, variables, parameters, modules and outputs. Objects, arrays and plain
 * values become values; everything else stays an expression, as text. It is no compiler: Bicep's own says more.
 */

/** What is not known before a deployment. `either`: both branches of a condition; `each`: the body of a loop. */
class Expression {
  constructor(text, either = undefined) {
    this.text = text;
    this.either = either;
  }
}
class Loop {
  constructor(each) {
    this.each = each;
  }
}

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** Blanks, comments and, where asked, the ends of lines. */
  skip(alsoLines = true) {
    const pattern = alsoLines ? /(?:\s|\/\/[^\n]*)+/y : /(?:[ \t]|\/\/[^\n]*)+/y;
    pattern.lastIndex = this.at;
    if (pattern.test(this.text)) this.at = pattern.lastIndex;
  }

  take(pattern) {
    const sticky = new RegExp(pattern.source, 'y');
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text);
    if (found === null) {
      const line = this.text.slice(0, this.at).split('\n').length;
      throw new Error(`line ${line}: ${pattern} expected, found ${JSON.stringify(this.text.slice(this.at, this.at + 40))}`);
    }
    this.at = sticky.lastIndex;
    return found;
  }

  is(word) {
    return this.text.startsWith(word, this.at);
  }

  value() {
    this.skip();
    if (this.is('{')) return this.object();
    if (this.is('[')) return this.array();
    return plain(this.expression());
  }

  object() {
    const fields = {};
    this.take(/\{/);
    for (this.skip(); !this.is('}'); this.skip()) {
      const [, quoted, name] = this.take(/(?:'([^']*)'|([A-Za-z_]\w*))\s*:/);
      fields[quoted ?? name] = this.value();
      this.skip();
      if (this.is(',')) this.at += 1;
    }
    this.take(/\}/);
    return fields;
  }

  array() {
    this.take(/\[/);
    this.skip();
    if (/^for\b/.test(this.text.slice(this.at, this.at + 4))) return this.loop();
    const items = [];
    for (; !this.is(']'); this.skip()) {
      items.push(this.value());
      this.skip();
      if (this.is(',')) this.at += 1;
    }
    this.take(/\]/);
    return items;
  }

  loop() {
    this.take(/for\s+(?:\w+|\(\w+,\s*\w+\))\s+in\s+/);
    this.until(':');
    this.take(/:\s*/);
    if (this.is('if')) this.condition();
    const each = this.value();
    this.skip();
    this.take(/\]/);
    return new Loop(each);
  }

  condition() {
    this.take(/if\s*/);
    const from = this.at;
    let depth = 0;
    do {
      if (this.is('(')) depth += 1;
      if (this.is(')')) depth -= 1;
      this.at += 1;
    } while (depth > 0);
    this.skip();
    return this.text.slice(from, this.at).trim();
  }

  expression() {
    const from = this.at;
    this.until('');
    return this.text.slice(from, this.at).trim();
  }

  /** Goes to the end of an expression, or to this word outside of brackets and texts. */
  until(word) {
    let depth = 0;
    while (this.at < this.text.length) {
      const one = this.text[this.at];
      if (one === "'") {
        this.string();
        continue;
      }
      if (depth === 0 && (word === '' ? /[\n,\]})]/.test(one) || this.is('//') : this.is(word))) return;
      if (/[([{]/.test(one)) depth += 1;
      if (/[)\]}]/.test(one)) depth -= 1;
      this.at += 1;
    }
  }

  /** A text, with expressions in it that hold texts in turn. */
  string() {
    this.at += 1;
    while (this.text[this.at] !== "'") {
      if (this.is('\\')) this.at += 2;
      else if (this.is('${')) {
        this.at += 2;
        this.until('}');
        this.at += 1;
      } else this.at += 1;
    }
    this.at += 1;
  }
}

function plain(text) {
  if (/^'[^']*'$/.test(text) && !text.includes('${')) return text.slice(1, -1);
  if (/^-?\d+$/.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  const reader = new Reader(text);
  reader.until(' ? ');
  if (reader.at >= text.length) return new Expression(text);
  const first = new Reader(text.slice(reader.at + 3));
  first.until(' : ');
  const rest = text.slice(reader.at + 3);
  return new Expression(text, [new Reader(rest.slice(0, first.at)).value(), new Reader(rest.slice(first.at + 3)).value()]);
}

/**
 * @param {string} text of one file
 * @returns {{ resources: object[], modules: object[], variables: object, parameters: object, outputs: object }}
 * @throws Error with the line where it cannot go on
 */
function readBicep(text) {
  const found = { resources: [], modules: [], variables: {}, parameters: {}, outputs: {} };
  const reader = new Reader(text);
  for (reader.skip(); reader.at < text.length; reader.skip()) {
    if (reader.is('@')) {
      reader.expression();
      continue;
    }
    const [, word] = reader.take(/(targetScope|param|var|resource|module|output)\b\s*/);
    if (word === 'targetScope') reader.expression();
    else if (word === 'param') {
      const [, name, type, hasDefault] = reader.take(/(\w+) (\w+)( = )?/);
      found.parameters[name] = { type, value: hasDefault ? reader.value() : undefined };
    } else if (word === 'var') {
      const [, name] = reader.take(/(\w+)\s*=/);
      found.variables[name] = reader.value();
    } else if (word === 'output') {
      const [, name] = reader.take(/(\w+) \w+ =/);
      found.outputs[name] = reader.value();
    } else {
      const [, name, source, existing] = reader.take(/(\w+) '([^']+)'( existing)? = /);
      const isConditional = reader.is('if');
      if (isConditional) reader.condition();
      const body = reader.value();
      const each = body instanceof Loop ? body.each : body;
      if (word === 'module') found.modules.push({ name, source, isConditional, body: each });
      else {
        const [type, apiVersion] = source.split('@');
        found.resources.push({ name, type, apiVersion, isExisting: existing !== undefined, body: each });
      }
    }
  }
  return found;
}

module.exports = { Expression, Loop, readBicep };
