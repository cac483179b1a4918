# What TAP::Parser, which is what prove is built on, makes of the TAP on standard input; as JSON.
use strict;
use warnings;
use JSON::PP;
use TAP::Parser;

binmode STDIN, ':encoding(UTF-8)';
my $text   = do { local $/; <STDIN> };
my $parser = TAP::Parser->new( { tap => $text } );

my ( @points, @unknown, $last, $bail_out );
while ( my $result = $parser->next ) {
    if ( $result->is_test ) {
        my $name = $result->description;
        $name =~ s/^- //;                # its descriptions begin with the dash,
        $name =~ s/\\([\\#])/$1/g;       # and keep the escapes
        $last = {
            ok     => $result->is_actual_ok ? JSON::PP::true : JSON::PP::false,
            number => 0 + $result->number,
            name   => $name,
            skip   => $result->has_skip ? $result->explanation : undef,
            todo   => $result->has_todo ? $result->explanation : undef,
        };
        push @points, $last;
    }
    elsif ( $result->is_yaml ) {
        # That of a subtest's point comes here too, before its parent's point: only what follows a point is the point's.
        $last->{diagnostics} = $result->data if $last && $result->raw =~ /^  ---/;
    }
    elsif ( $result->is_bailout ) {
        $bail_out = $result->explanation;
    }
    elsif ( $result->is_unknown && $result->raw =~ /^\S/ ) {
        push @unknown, $result->raw;    # what is indented may be a subtest, which it does not read
    }
}

print JSON::PP->new->utf8->canonical->encode(
    {
        program  => "Test::Harness $TAP::Parser::VERSION",
        version  => 0 + $parser->version,
        planned  => $parser->plan ? 0 + ( $parser->tests_planned // 0 ) : undef,
        skipped  => $parser->skip_all ? $parser->skip_all : undef,
        bail_out => $bail_out,
        points   => \@points,
        errors   => [ $parser->parse_errors, map {"not TAP: $_"} @unknown ],
    }
), "\n";
