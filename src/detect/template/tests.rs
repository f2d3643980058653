//! Templates in our own words, after the idioms of real ones and of published
//! attacks.

use super::*;

fn is_hostile(text: &str) -> bool {
    matches!(judge(text), Judgement::Hostile { .. })
}

#[test]
fn ordinary_chat_templates_are_harmless() {
    for text in [
        "",
        "plain text with __init__ and ''.__class__ outside of any tag",
        "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message.content | trim }}{% endfor %}",
        "{%- if messages[0]['role'] == 'system' -%}{%- set loop_messages = messages[1:] -%}{%- endif -%}",
        "{% set ns = namespace(found=false, last='') %}{% set ns.found = true %}{{ ns.found }}",
        "{{ messages[loop.index0 - 1].role }}{{ messages[messages|length - 1]['content'] }}",
        "{% if not loop.last and tools is defined %}{{ tools | tojson(indent=4) }}{% endif %}",
        "{{ raise_exception('roles must alternate') if (loop.index0 % 2 == 0) != (m.role == 'user') }}",
        "{{ content.split('</think>')[-1].lstrip('\\n') }}{{ strftime_now('%d %b %Y') }}",
        "{% for t in messages | selectattr('role', 'equalto', 'user') | list %}{{ t.name }}{% endfor %}",
        "{{ items | map(attribute='name') | join(', ') }}",
        "{% macro render(x, y=none) %}{{ x ~ '_' ~ y }}{% endmacro %}{{ render('a', {'b': {'c': 1}}) }}",
        "{# ''.__class__ in a comment #}{{ bos_token }}",
        "{% raw %}{{ x.__class__ }} it's{% endraw %}{{ eos_token }}",
        "{% if m['role'] in ['user', 'tool'] %}{{ '}}' }}{% endif %}",
    ] {
        assert_eq!(judge(text), Judgement::Harmless, "{text}");
    }
}

#[test]
fn every_road_to_an_underscore_name_is_hostile() {
    for text in [
        "{{ ''.__class__ }}",
        "{{ x . __init__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ x['__class__'] }}",
        "{{ x['\\x5f\\x5fclass\\x5f\\x5f'] }}",
        "{{ x['\\137\\137class\\137\\137'] }}",
        "{{ x['\\u005f_class__'] }}",
        "{{ x[\"\\N{LOW LINE}_class__\"] }}",
        "{{ x|attr('__class__') }}",
        "{{ x|attr('\\x5f\\x5finit\\x5f\\x5f') }}",
        "{{ x['_' ~ '_class_' ~ '_'] }}",
        "{{ x['__cla' + 'ss__'] }}",
        "{{ x['__cla' 'ss__'] }}",
        "{{ x|attr(['__class__']|first) }}",
        "{{ '{0.__class__}'.format(x) }}",
        "{% set a = dict(__class__=1)|join %}",
        "{% if x.__subclasses__() %}{% endif %}",
        "{%- for c in g.gi_frame.f_builtins -%}{%- endfor -%}",
        "{% raw %}'{% endraw %}{{ x.__class__ }}",
        "{# ' #}{{ x.__class__ }}",
        "{%- raw -%}{%--endraw%}{{ ' {%- endraw -%}{{ x.__class__ }}{{ ' }}",
        "{{ '}}'.__class__ }}",
    ] {
        assert!(is_hostile(text), "{text}: {:?}", judge(text));
    }
    let padded = format!("{}{{{{ x.__class__ }}}}", "{{ x }} ".repeat(50_000));
    assert!(is_hostile(&padded), "length does not hide it");
}

#[test]
fn what_is_not_followed_is_not_called_harmless() {
    for text in [
        "{{ x[key] }}",
        "{{ x[bos_token] }}",
        "{{ x|attr(name) }}",
        "{{ '%c%cclass%c%c'|format(95, 95, 95, 95) }}",
        "{{ '%s' % x }}",
        "{{ a.format(b) }}",
        "{% import 'other' as o %}",
        "{% include 'other' %}",
        "{%- include 'other' -%}",
        "{{ items | map(attribute=name) | list }}",
        "{{ items | map(f, x) | list }}",
        "{{ items | map('attr', x) | list }}",
        "{{ lipsum | string }}",
        "{{ x | unknown }}",
        "{{ '_' ~ '_' }}",
        "{% for i in range(1000000000) %}{% endfor %}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ x",
        "{{ 'x }}",
        "{# x",
        "{% raw %}",
    ] {
        assert!(matches!(judge(text), Judgement::Uncertain(_)), "{text}");
    }
}

#[test]
fn a_template_cut_anywhere_is_judged_without_a_panic() {
    let text = "{%- set x = 'a\\x5f' -%}{{ m['ß'][1:] | attr(\"__class__\") }}{# 模 #}{% raw %}x{% endraw %}";
    for (cut, _) in text.char_indices() {
        let judged = judge(&text[..cut]);
        assert!(cut > 0 || judged == Judgement::Harmless);
    }
    assert!(is_hostile(text));
}
