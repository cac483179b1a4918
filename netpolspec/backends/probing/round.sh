# One round of dials, run by a POSIX shell inside a pod. Set before: N nonce, H hold, W window, C covered (all three in
# hundredths of a second), F whether there are very many, D how long a dial lasts, and D2 the second of a denial's (both
# in milliseconds). Each prints a line:
#   NPS1 nonce lane verdict milliseconds milliseconds-since-start more|last text
# Hundredths of a second are the kernel's own, from /proc/uptime: busybox's `date` knows no fractions.
export GOMAXPROCS=1 GOGC=off # halves what a start of agnhost costs
A=/agnhost
[ -x $A ] || A=$(command -v agnhost)
command -v nc >/dev/null && NC=1 || NC=
Q=
if [ -n "$F" ] && [ -n "$NC" ]; then # a tenth of the work, for half a second more
  case $(nc -h 2>&1) in
    *BusyBox*) Q='nc -w 2' ;;
    *OpenBSD*) Q='nc -v -w 2' ;;
  esac
fi
timeout 1 true 2>/dev/null && K='timeout 8' || K= # for what may wait for ever: names, and servers that say nothing
NL='
'
now() { read -r T _ </proc/uptime && T=${T%.*}${T#*.}; }
nap() { sleep "$(($1 / 100)).$(($1 / 10 % 10))$(($1 % 10))" 2>/dev/null || sleep 1; }
now
S=$T
Z=$(sed -n 's/^search.* svc\.\([^ ]*\).*/\1/p' /etc/resolv.conf)

# ask PROTOCOL MILLISECONDS: agnhost's dialler; V becomes OK or the word that it said, M all that it said.
ask() {
  M=$($L $A connect "$G" --timeout="$2ms" --protocol="$1" 2>&1) && V=OK M= || V=${M%%[!A-Z]*}
}
# name SECONDS: our servers send their name, and nothing else, as soon as somebody connects.
name() {
  M=$($K nc -w "$1" "$X" "$P" </dev/null 2>/dev/null)
  M=${M%%[!a-z0-9.-]*}
  [ -n "$M" ]
}
# A dial without agnhost: busybox's nc tells a timeout from a refusal, but not from a name that does not resolve.
plain() {
  if [ -n "$L" ] && ! $L nslookup "$X" >/dev/null 2>&1; then
    V=DNS M="$X does not resolve"
    return
  fi
  M=$($K nc -w 2 "$X" "$P" </dev/null 2>&1) && V=OK M= && return
  case $M in
    *refused*) V=REFUSED ;;
    *"timed out"*) V=TIMEOUT ;;
    *"bad address"*) V=DNS ;;
    *) V=OTHER ;;
  esac
}
connect() {
  if [ -n "$A" ]; then ask tcp "$D"; else plain; fi
}
# What nc says for certain is taken; whatever else it came to, agnhost is asked.
quick() {
  M=$($K $Q "$X" "$P" </dev/null 2>&1)
  case $M in
    *refused*) V=REFUSED ;;
    *"timed out"*) V=TIMEOUT ;;
    *) connect ;;
  esac
}
query() {
  if M=$($K nslookup -timeout=1 -retry=2 "kubernetes.default.svc.${Z:-cluster.local}." "$X" 2>&1); then
    V=OK M=
    return
  fi
  M=${M##*$NL$NL}
  case $M in
    *NXDOMAIN* | *"can't find"* | *"can't resolve"*) V=OK ;;
    *refused*) V=REFUSED ;;
    *"timed out"*) V=TIMEOUT ;;
    *) V=OTHER ;;
  esac
}
# dial HOW WANTED: X host, P port, G both, L a limit where the host is a name; sets V and M.
dial() {
  V=
  case $1 in
    t) if [ "$2" = d ] && [ -n "$Q" ]; then quick; else connect; fi ;;
    r)
      if [ -z "$NC" ]; then connect; elif name 1; then V=OK; else
        connect
        if [ "$V" = OK ]; then name 2 || V=SILENT; fi
      fi
      ;;
    u)
      for _ in 1 2 3; do
        if [ -n "$A" ]; then ask udp $((D / 3)); else V=UNKNOWN M="this probe image cannot send datagrams"; fi
        [ "$V" = TIMEOUT ] || break
      done
      ;;
    n) query ;;
    s) if [ -n "$A" ]; then ask sctp "$D"; else V=UNKNOWN M="this probe image cannot dial SCTP"; fi ;;
  esac
  [ -n "$V" ] || V=UNKNOWN
}
# lane NAME WANTED HOW HOST PORT LATER: WANTED is a (allowed) or d (denied); it starts so much later.
lane() {
  X=$4 P=$5 E='' B=10 L=
  [ "$6" = 0 ] || { nap "$6" && D=$D2; }
  case $X in *.svc) X=$X.${Z:-cluster.local}. ;; esac
  case $X in *:*) G="[$X]:$P" ;; *) G=$X:$P ;; esac
  case $X in *[!0-9a-f.:]*) L=$K ;; esac
  while :; do
    now
    b=$T
    dial "$3" "$2"
    now
    case $2$V in aOK) good=1 ;; a*) good= ;; dOK) good= ;; *) good=1 ;; esac
    state=more rest=$B
    if [ -n "$good" ]; then
      [ -n "$E" ] || E=$b
      seen=$((b - E))
      [ "$V" != TIMEOUT ] || seen=$((seen + C))
      rest=$((H - seen))
      if [ $rest -le 0 ]; then state=last; fi
      [ $rest -le $((H / 2)) ] || rest=$((H / 2)) # looked at in between, too
      [ "$V" != TIMEOUT ] || rest=0               # that dial took long enough
    else
      E=
      if [ $((T - S)) -ge "$W" ]; then state=last; fi
      B=$((B * 2))
      [ $B -le 100 ] || B=100
    fi
    printf 'NPS1 %s %s %s %s %s %s %s\n' "$N" "$1" "$V" $(((T - b) * 10)) $(((b - S) * 10)) $state "${M%%$NL*}"
    [ $state = more ] || return 0
    nap $rest
  done
}
finish() {
  wait
  now
  echo "NPS1 $N end OK $(((T - S) * 10))"
}
