# What stands before every page's own commands: the first failure is remembered, and servers do not block.
failed=0
trap '[ $failed -ne 0 ] || failed=$?' ERR

rivulet() {
    if [ "${1:-}" = serve ]; then serving "$@"; else command rivulet "$@"; fi
}

# Shows what the server says until its folders are indexed, then leaves it alone.
serving() {
    local argument is_value= paths=-1 indexed=0 is_up= line out
    local port=(--port "$SERVER_PORT")
    for argument in "$@"; do
        case $argument in
            --port) port=(); is_value=1 ;;
            --*) is_value=1 ;;
            *) [ -n "$is_value" ] || paths=$((paths + 1)); is_value= ;;
        esac
    done
    exec {out}< <(exec rivulet "$@" "${port[@]}" 2>&1)
    while IFS= read -r line <&"$out"; do
        printf '%s\n' "$line"
        case $line in
            *"answers at"*) is_up=1 ;;
            *" removed)" | *" was not indexed: "*) indexed=$((indexed + 1)) ;;
        esac
        if [ -n "$is_up" ] && [ "$indexed" -ge "$paths" ]; then
            cat <&"$out" >>server.log &
            return 0
        fi
    done
    return 1
}
