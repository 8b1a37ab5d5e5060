// The one script of our pages. Without it every page works the same: it shows a typed password, and says as it is typed
// which rules of a new one hold. It sends nothing.
export const pageScript = `
'use strict';
for (const button of document.querySelectorAll('button[data-reveals]')) {
  const field = document.getElementById(button.dataset.reveals);
  if (!field) continue;
  button.hidden = false;
  button.addEventListener('click', () => {
    const shown = field.type === 'text';
    field.type = shown ? 'password' : 'text';
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    button.setAttribute('aria-label', button.textContent + ': ' + button.dataset.label);
    field.focus();
  });
  field.form?.addEventListener('submit', () => { field.type = 'password'; });
}
const form = document.querySelector('form[data-new-password]');
if (form) {
  const chosen = form.elements.chosen;
  const repeated = form.elements.repeated;
  const classes = [/\\p{Lu}/u, /\\p{Ll}/u, /\\p{Nd}/u, /[^\\p{Lu}\\p{Ll}\\p{Nd}]/u];
  const holds = {
    length(text, item) {
      const used = classes.filter((one) => one.test(text)).length;
      const needed = Number(used === 4 ? item.dataset.min : item.dataset.minThree);
      return [...text.normalize('NFC')].length >= needed;
    },
    classes: (text) => classes.filter((one) => one.test(text)).length >= 3,
    equal: (text) => text !== '' && text === repeated.value,
  };
  const status = document.getElementById('rules-status');
  const check = () => {
    const items = [...form.querySelectorAll('li[data-rule]')];
    for (const item of items) {
      item.classList.toggle('holds', chosen.value !== '' && holds[item.dataset.rule](chosen.value, item));
    }
    const left = items.filter((item) => !item.classList.contains('holds')).length;
    if (status) status.textContent = chosen.value === '' ? '' : left === 0 ? status.dataset.all : status.dataset.left.replace('{n}', String(left));
  };
  for (const field of [chosen, repeated]) field.addEventListener('input', check);
  check();
}
`;
