# What both runners of mutations share; sourced by them, with `here` (where the tables are) and `sources` (what they change).
# shellcheck shell=bash disable=SC2034,SC2154 # names that the runners use, and that they set

# In KiB, or a mutant fills the memory.
memory=$((12 * 1024 * 1024))

names=()
declare -A breaks file find with equivalent
# How long each suite took without a mutation.
declare -A usual

read_table() {
    local line name='' block=''
    while IFS= read -r line || [[ -n $line ]]; do
        case $line in
            '#'* | '') ;;
            'name: '*)
                name=${line#name: }
                block=
                if [[ -v breaks[$name] ]]; then
                    echo "$1: there are two mutations \`$name\`" >&2
                    exit 2
                fi
                names+=("$name")
                breaks[$name]='' file[$name]='' find[$name]='' with[$name]='' equivalent[$name]=''
                ;;
            'breaks: '*) breaks[$name]=${line#breaks: } ;;
            'file: '*) file[$name]=${line#file: } ;;
            'equivalent: '*) equivalent[$name]=${line#equivalent: } ;;
            'find:') block=find ;;
            'with:') block=with ;;
            '    '*)
                local -n text=$block
                text[$name]+=${text[$name]:+$'\n'}${line#    }
                ;;
            *)
                echo "$1: what does this line mean: $line" >&2
                exit 2
                ;;
        esac
    done <"$1"
}

read_tables() {
    local table
    for table in "$here"/*.table; do read_table "$table"; done
}

list_mutations() {
    local name
    for name in "${names[@]}"; do printf '%-28s %s\n' "$name" "${breaks[$name]}"; done
}

# Sets `wanted` to the names given, or to all.
choose() {
    local name
    wanted=("$@")
    [[ $# -gt 0 ]] || wanted=("${names[@]}")
    for name in "${wanted[@]}"; do
        if [[ ! -v breaks[$name] ]]; then
            echo "there is no mutation \`$name\`; --list says which there are" >&2
            exit 2
        fi
    done
}

# Prints the mutated text of a source file.
mutated() {
    local name=$1 text before after
    text=$(cat "$sources/${file[$name]}" && printf .)
    text=${text%.}
    before=${text%%"${find[$name]}"*}
    after=${text#*"${find[$name]}"}
    if [[ -z ${find[$name]} || $before == "$text" ]]; then
        echo "$name: ${file[$name]} does not have its text" >&2
        return 1
    elif [[ $after == *"${find[$name]}"* ]]; then
        echo "$name: ${file[$name]} has its text more than once" >&2
        return 1
    fi
    printf '%s' "$before${with[$name]}$after"
}

# All must apply, those too that are not wanted now.
require_all_to_apply() {
    local name stale=no
    for name in "${names[@]}"; do mutated "$name" >/dev/null || stale=yes; done
    if [[ $stale == yes ]]; then
        echo "the sources have changed: these mutations want other texts" >&2
        exit 2
    fi
}

# Copies the sources to a directory of the target directory, $1, and goes there.
enter_copy() {
    local path
    home=${CARGO_TARGET_DIR:-$PWD/target}/$1
    mkdir -p "$home"
    exec 9>"$home/lock"
    if ! flock -n 9; then
        echo "another one uses $home" >&2
        exit 2
    fi
    tree=$home/tree
    mkdir -p "$tree"
    find "$tree" -mindepth 1 -delete
    while IFS= read -r -d '' path; do
        [[ ! -f $path ]] || cp -p --parents "$path" "$tree"
    done < <(git ls-files -z --cached --others --exclude-standard)
    cd "$tree"
    # The last to be built was a mutant.
    find "$sources" -name '*.rs' -exec touch {} +
}

# Runs a test program that calls itself $1, for at most $2 seconds, up to the first test that fails, and prints its name, or
# nothing. Fails if somebody ends it.
first_failure() {
    local target=$1 most=$2 pid start status=0
    shift 2
    : >"$home/tests"
    (
        [[ ${unlimited-} ]] || ulimit -v "$memory"
        exec "$@" >"$home/tests" 2>&1
    ) &
    pid=$! start=$SECONDS
    # By the job, not the number, which may be another's by now.
    while [[ -n $(jobs -pr) ]]; do
        if grep -q '\.\.\. FAILED$' "$home/tests"; then
            kill -9 %% 2>/dev/null || true
        elif ((SECONDS - start >= most)); then
            kill -9 %% 2>/dev/null || true
            wait "$pid" 2>/dev/null || true
            echo "$target has no end within $most s"
            return
        fi
        sleep 0.1
    done
    echo $((SECONDS - start)) >"$home/took"
    wait "$pid" 2>/dev/null || status=$?
    sed -n "/^test .* \.\.\. FAILED\$/{s/^test \(.*\) \.\.\. .*/$target \1/p;q}" "$home/tests" >"$home/failed"
    if [[ -s $home/failed ]]; then
        cat "$home/failed"
    elif ((status == 137)); then
        # Somebody else ended it, which says nothing.
        return 1
    elif ((status != 0)); then
        echo "$target: it crashed"
    fi
}

# Puts the mutation $1 into the copy, and takes it out again.
put_in() {
    cp "$sources/${file[$1]}" "$home/original"
    mutated "$1" >"$home/mutant"
    cp "$home/mutant" "$sources/${file[$1]}"
}

take_out() {
    # Not with the old time: Cargo would not see it.
    cp "$home/original" "$sources/${file[$1]}"
}
