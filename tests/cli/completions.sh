#!/bin/sh
# The completions of bash, zsh and fish: every option of every --help is in each, and each shell that
# is here is asked what it would complete.
. "$srcdir/tests/cli/lib.sh"

generate=$srcdir/completions/generate
mkdir bin zsh
ln -s "$pargraph" bin/pargraph
PATH=$folder/bin:$PATH
export PATH
"$generate" bash "$pargraph" >pargraph.bash && "$generate" zsh "$pargraph" >zsh/_pargraph &&
    "$generate" fish "$pargraph" >pargraph.fish && ok || bad 'generate' 'it fails'
status='' out='' err=''

commands=$("$pargraph" --help | awk '/^(commands|verbs.*):$/ { l = 1; next } !NF { l = 0 } l { print $1 }')
[ "$(printf '%s\n' $commands | wc -l)" -ge 9 ] && ok || bad 'commands' "only: $commands"

mkdir -p 'some folder'
cat >flow.yml <<'Y'
pargraph: 1
tasks:
  first: {description: "it's: the first", run: echo one}
  second: {needs: first, run: "true"}
  last-one: {run: "true"}
Y
"$pargraph" run -q flow.yml || bad 'run' 'the example fails'
id=$("$pargraph" runs | awk '{ print $1 }')

# in_bash WORD...: what bash completes the last word to.
cat >ask.bash <<'B'
source ./pargraph.bash
COMP_WORDS=(pargraph "$@") COMP_CWORD=$#
function_name=$(complete -p pargraph | sed 's/.*-F \([^ ]*\).*/\1/')
"$function_name" pargraph "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}"
printf '%s\n' "${COMPREPLY[@]}"
B
in_bash() {
    bash ask.bash "$@" 2>&1
}

# A zsh in a terminal of its own; what its compadd is given is what it would offer.
cat >ask.zsh <<'Z'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2= RPS1= TERM=dumb; unsetopt zle_bracketed_paste prompt_cr prompt_sp; fpath=($PWD/zsh \$fpath); autoload -Uz compinit; compinit -u -C -d $PWD/zcompdump
zstyle ':completion:*' menu no
compadd() { if [[ \${@[1,(i)(-|--)]} == *-(O|A|D)\\ * ]]; then builtin compadd \"\$@\"; return; fi; typeset -ga hits; hits=(); builtin compadd -A hits \"\$@\"; local hit; for hit in \$hits; do print -r -- \"HIT \$hit\"; done; builtin compadd \"\$@\"; }
comppostfuncs=(finish); finish() { print END; comppostfuncs=(finish) }
bindkey '^I' complete-word"
zpty -w shell "print READ''Y"
zpty -r -m shell line '*READY*'
zpty -n -w shell "${(j: :)@}"$'\t'
zpty -r -m shell answer '*END*' || true
print -r -- "$answer" | tr -d '\r' | sed -n 's/^.*HIT //p'
zpty -d shell
Z
in_zsh() {
    timeout 20 zsh -f ask.zsh pargraph "$@" 2>&1
}

in_fish() {
    fish --no-config -c "source pargraph.fish; complete -C'pargraph $*'" 2>&1 | cut -f 1
}

# asks SHELL: it completes each kind of word.
asks() {
    for command in $commands; do
        answer=$("in_$1" "$command" --)
        for option in $("$pargraph" "$command" --help | grep -oE '^  (-., |    )--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
            case "
$answer
" in
            *"
$option
"* | *"
$option=
"*) ok ;;
            *) bad "$1: $command $option" "completes only: $answer" ;;
            esac
        done
    done
    expects "$1" 'a command' 'check' ch
    expects "$1" 'a file' 'flow.yml' run fl
    expects "$1" 'a task' 'first' run flow.yml fi
    expects "$1" 'a second task' 'last-one' run flow.yml first la
    expects "$1" 'a task behind options' 'second' run -k -j 2 --params-file x flow.yml se
    expects "$1" 'a task of plan' 'second' plan flow.yml se
    expects "$1" 'a run' "$id" status "$(printf %.4s "$id")"
    expects "$1" 'a run of an option' "$id" dot --run "$(printf %.4s "$id")"
    expects "$1" 'a task of a run' 'last-one' logs "$id" la
    expects "$1" 'a task of the newest run' 'second' logs se
    expects "$1" 'a run in another state folder' "$id" status --state .pargraph "$(printf %.4s "$id")"
    expects "$1" 'nothing' '' schema x
}

expects() { # SHELL NAME EXPECTED WORD...
    asked=$1 name=$2 expected=$3
    shift 3
    answer=$("in_$asked" "$@" | sed 's/ *$//' | grep -v '^$' | sort -u)
    [ "$answer" = "$expected" ] && ok || bad "$asked: $name" "'$*' completes to '$answer', not '$expected'"
}

for shell in bash zsh fish; do
    if command -v $shell >/dev/null; then
        asks $shell
    else
        skip "$shell is not installed"
    fi
done

# What cannot be asked is read.
for file in pargraph.bash zsh/_pargraph pargraph.fish; do
    for command in $commands; do
        for option in $("$pargraph" "$command" --help | grep -oE -- '^  (-., |    )--[a-z-]+' | grep -oE -- '--[a-z-]+'); do
            case $file in
            *.fish) grep -qE "__pargraph_is $command'.* -l ${option#--}( |$)" $file ;;
            *) sed -n "/^ *$command)/,/;;/p" $file | grep -qE -- "(^|[^-a-z])$option([^-a-z]|$)" ;;
            esac && ok || bad "$file" "has no $option for $command"
        done
    done
done
finish
