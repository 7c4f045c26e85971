# Sourced by the scripts: what the tests need on the machine.
#
# On Debian and Ubuntu the missing packages are installed; elsewhere they are
# named. Then the SDK clients' own dependencies, at their pinned versions.

# Prints the path of the first program that exists.
first_program() {
    local name
    for name in "$@"; do
        if have "$name"; then
            command -v "$name"
            return
        fi
    done
    return 1
}

find_chromium() {
    first_program ${CHROMIUM:+"$CHROMIUM"} chromium chromium-browser google-chrome google-chrome-stable
}

find_chromedriver() {
    first_program ${CHROMEDRIVER:+"$CHROMEDRIVER"} chromedriver /usr/lib/chromium-browser/chromedriver
}

# Where Debian installs it is not on everybody's path.
find_nginx() {
    first_program ${NGINX:+"$NGINX"} nginx /usr/sbin/nginx
}

find_pgbouncer() {
    first_program ${PGBOUNCER:+"$PGBOUNCER"} pgbouncer /usr/sbin/pgbouncer
}

# A library, where Debian and its kin put it.
find_faketime() {
    local library
    for library in ${LIBFAKETIME:+"$LIBFAKETIME"} /usr/lib/*/faketime/libfaketimeMT.so.1 /usr/lib*/faketime/libfaketimeMT.so.1; do
        if [[ -f $library ]]; then
            printf '%s\n' "$library"
            return
        fi
    done
    return 1
}

has_japanese_font() {
    have fc-list && [[ -n $(fc-list :lang=ja) ]]
}

has_node() {
    have node && have npm && node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'
}

# Prints a Python that can make a virtual environment. The one of the system
# is looked at too: it is what the python3-venv package completes.
find_python() {
    local python
    for python in python3 /usr/bin/python3; do
        if have "$python" && "$python" -c '
import sys, venv, ensurepip
sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            command -v "$python"
            return
        fi
    done
    return 1
}

# Prints what is missing, one word a line.
missing_tools() {
    first_program cc gcc clang >/dev/null || echo compiler
    postgres_binaries >/dev/null || echo postgresql
    find_chromium >/dev/null || echo chromium
    find_chromedriver >/dev/null || echo chromedriver
    has_japanese_font || echo font
    find_nginx >/dev/null || echo nginx
    find_pgbouncer >/dev/null || echo pgbouncer
    find_faketime >/dev/null || echo faketime
    has_node || echo node
    find_python >/dev/null || echo python
}

can_use_apt() {
    have apt-get && { [[ $(id -u) == 0 ]] || have sudo; }
}

as_root() {
    if [[ $(id -u) == 0 ]]; then "$@"; else sudo "$@"; fi
}

# Whether apt knows a real package of that name whose version starts at MAJOR or later.
apt_offers() {
    local candidate
    candidate=$(apt-cache policy "$1" | sed -n 's/^ *Candidate: *\([0-9]*:\)\{0,1\}\([0-9]*\).*/\2/p')
    [[ -n $candidate && $candidate -ge ${2:-0} ]]
}

explain_missing() {
    local tool
    echo 'The tests need, and this machine does not have:' >&2
    for tool in "$@"; do
        case $tool in
            compiler) echo '  - a C compiler (cc)' ;;
            postgresql) echo '  - the PostgreSQL server programs, version 15 or later (initdb, postgres, pg_ctl, psql)' ;;
            chromium) echo '  - Chromium or Chrome (or its path in CHROMIUM)' ;;
            chromedriver) echo '  - ChromeDriver of the same version (or its path in CHROMEDRIVER)' ;;
            font) echo '  - fontconfig (fc-list) and a font with Japanese letters, such as Noto Sans CJK' ;;
            nginx) echo '  - nginx (or its path in NGINX); it need not run' ;;
            pgbouncer) echo '  - PgBouncer (or its path in PGBOUNCER); it need not run' ;;
            faketime) echo '  - libfaketime (or its path in LIBFAKETIME)' ;;
            node) echo '  - Node.js 20 or later, with npm' ;;
            python) echo '  - Python 3.10 or later, with the venv and ensurepip modules' ;;
        esac >&2
    done
    echo 'Install them and run this again.' >&2
}

# install_without_service PACKAGE: of which the tests need the program only. The server that
# Debian would start at once, and at every boot, takes a port.
install_without_service() {
    local package=$1 policy=/usr/sbin/policy-rc.d
    printf '    installing %s, without its service\n' "$package"
    (
        # Somebody who forbids it already is left alone.
        if [[ ! -e $policy ]]; then
            trap 'as_root rm -f "$policy"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
            as_root chmod 755 "$policy"
        fi
        quietly as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends "$package"
    )
    if have systemctl; then
        as_root systemctl disable "$package.service" >/dev/null 2>&1 || true
    fi
}

install_missing_tools() {
    local missing packages=() tool
    missing=$(missing_tools)
    if [[ -z $missing ]]; then
        echo '    everything needed is there'
        return
    fi
    if can_use_apt; then
        quietly as_root apt-get update
        for tool in $missing; do
            case $tool in
                compiler) packages+=(build-essential) ;;
                postgresql) packages+=(postgresql) ;;
                chromium) if apt_offers chromium; then packages+=(chromium); else packages+=(chromium-browser); fi ;;
                chromedriver) if apt_offers chromium-driver; then packages+=(chromium-driver); else packages+=(chromium-chromedriver); fi ;;
                font) packages+=(fontconfig fonts-noto-cjk) ;;
                faketime) packages+=(libfaketime) ;;
                nginx | pgbouncer) install_without_service "$tool" ;;
                node) if apt_offers nodejs 20; then packages+=(nodejs npm); fi ;;
                python) packages+=(python3 python3-venv) ;;
            esac
        done
        if [[ ${#packages[@]} -gt 0 ]]; then
            printf '    installing %s\n' "${packages[*]}"
            quietly as_root env DEBIAN_FRONTEND=noninteractive \
                apt-get install -y --no-install-recommends "${packages[@]}"
        fi
        missing=$(missing_tools)
    fi
    if [[ -n $missing ]]; then
        # shellcheck disable=SC2086 # one argument a word
        explain_missing $missing
        exit 1
    fi
}

# Only scripts/instructions needs it, so that the tests run where valgrind does not.
install_valgrind() {
    if ! have valgrind && can_use_apt; then
        quietly as_root apt-get update
        quietly as_root env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y --no-install-recommends valgrind
    fi
    have valgrind || die 'Counting instructions needs valgrind. Install it and run this again.'
}

# Installs what requirements.txt in DIRECTORY names into its .venv, unless this very set is there.
install_python_packages() {
    local directory=$1 python wanted stamp
    python=$(find_python)
    wanted="$("$python" --version) $(checksum "$directory/requirements.txt")"
    stamp=$directory/.venv/.installed
    if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
        rm -rf "$directory/.venv"
        "$python" -m venv "$directory/.venv"
        "$directory/.venv/bin/python" -m pip install --quiet --disable-pip-version-check \
            --requirement "$directory/requirements.txt"
        printf '%s\n' "$wanted" >"$stamp"
    fi
}

# Installs what the browser tests, the SDK clients, the conformance suite and the tests of the deployment
# need, unless this very set is installed.
install_test_packages() {
    local clients=$repository/tests/clients directory wanted stamp
    for directory in "$repository"/tests/{browser,conformance,deployment} "$clients"/{node,node-1.10,inspector,converters,assistants,identity-provider}; do
        wanted=$(checksum "$directory/package-lock.json")
        stamp=$directory/node_modules/.installed
        if [[ ! -f $stamp || $(<"$stamp") != "$wanted" ]]; then
            (cd "$directory" && quietly npm ci)
            printf '%s\n' "$wanted" >"$stamp"
        fi
    done

    # Several, because the clients need different releases of the Python SDK.
    install_python_packages "$clients/python"
    install_python_packages "$clients/python-1.8"
    install_python_packages "$clients/python-agents"
    install_python_packages "$repository/tests/deployment"

    # In a directory of its own, wherever the rest is built.
    cargo build --quiet --locked --manifest-path "$clients/rust/Cargo.toml" \
        --target-dir "$clients/rust/target"
}

# Tells the tests where things are.
export_tool_paths() {
    CHROMIUM=$(find_chromium)
    CHROMEDRIVER=$(find_chromedriver)
    NODE=$(command -v node)
    PYTHON=$repository/tests/clients/python/.venv/bin/python
    NGINX=$(find_nginx)
    PGBOUNCER=$(find_pgbouncer)
    LIBFAKETIME=$(find_faketime)
    POSTGRES_BINARIES=$(postgres_binaries)
    export CHROMIUM CHROMEDRIVER NODE PYTHON NGINX PGBOUNCER LIBFAKETIME POSTGRES_BINARIES
}
