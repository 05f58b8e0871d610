[ "$($1 version 41)" = 42 ] && echo "ok version"
